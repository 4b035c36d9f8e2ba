// The sum of ten million square roots: the twin of examples/sqrt_sum.rs.

import { range, repeated, report, wanted } from './common.mjs'
import { sqrtSum } from './jobs.mjs'
import { HandMadePool, inOwnWorker, piscina } from './pool.mjs'

const { ways, size } = wanted(['serial', 'naive', 'pool', 'piscina'], 10_000_000)
const halves = range(2).map((k) => ({ from: (size / 2) * k, to: (size / 2) * (k + 1) }))
const sum = async (jobs) => (await Promise.all(jobs)).reduce((a, b) => a + b)

for (const way of ways) {
  const pool = way === 'pool' ? await HandMadePool.started(2) : way === 'piscina' ? await piscina() : undefined
  const run = await repeated(way === 'naive' ? 5 : 21, () => {
    if (way === 'serial') return sqrtSum({ from: 0, to: size })
    if (way === 'naive') return inOwnWorker('sqrtSum', { from: 0, to: size })
    if (way === 'pool') return sum(halves.map((half) => pool.run('sqrtSum', half)))
    return sum(halves.map((half) => pool.run(half, { name: 'sqrtSum' })))
  })
  // Ten digits: the order of additions differs, and with it the last five.
  report('sqrt_sum', way, run, run.answer.toExponential(9).replace('+', ''), { case: size })
  await pool?.close()
}
