// One task in a hundred fails: the twin of examples/faults.rs.
//
// `pool` and `piscina` have jobs that throw; in `pool-exit` the job ends its worker, which the pool replaces.

import { range, report, timed, wanted } from './common.mjs'
import { spinOrFail } from './jobs.mjs'
import { HandMadePool, piscina } from './pool.mjs'

const STEPS = 25_000
const { ways, size } = wanted(['serial', 'healthy', 'pool', 'piscina', 'pool-exit'], 10_000)

for (const way of ways) {
  const pool = way === 'serial' ? undefined : way === 'piscina' ? await piscina() : await HandMadePool.started(2)
  const run = await timed(async () => {
    const jobs = range(size).map(async (k) => {
      const fails = way === 'healthy' || k % 100 !== 99 ? '' : way === 'pool-exit' ? 'exit' : 'throw'
      const data = { steps: STEPS, seed: k + 1, fails }
      if (way === 'serial') return spinOrFail(data)
      return way === 'piscina' ? pool.run(data, { name: 'spinOrFail' }) : pool.run('spinOrFail', data)
    })
    return Promise.allSettled(jobs)
  })
  const good = run.answer.filter(({ status }) => status === 'fulfilled').map(({ value }) => value)
  const failed = run.answer.filter(({ status }) => status === 'rejected').length
  const sum = good.reduce((a, b) => (a + b) % 4_294_967_296, 0)
  // Those that died with their neighbour's worker would be lost; the sum shows which came through.
  report('faults', way, run, way === 'healthy' ? `all/${good.length}` : `${sum}/${good.length}/${failed}`, {
    failed,
    lost: size - good.length - failed,
    tasks_per_s: ((size * 1000) / run.ms).toFixed(0),
  })
  await pool?.close()
}
