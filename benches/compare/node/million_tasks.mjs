// A million tasks, each with a kilobyte: the twin of examples/million_tasks.rs.
//
// `pool` and `piscina` queue them all, as they do by default; `piscina-bounded` refuses what its queue cannot hold.

import { range, report, timed, wanted } from './common.mjs'
import { checkBytes } from './jobs.mjs'
import { HandMadePool, piscina } from './pool.mjs'

const BYTES = 1024
const QUEUE = 1024
const { ways, size } = wanted(['serial', 'pool', 'piscina', 'piscina-bounded'], 1_000_000)

const payload = (k) => new Uint8Array(BYTES).fill(k & 255)

for (const way of ways) {
  const bounded = way === 'piscina-bounded'
  const pool = way === 'pool' ? await HandMadePool.started(2) : way === 'serial' ? undefined : await piscina(bounded ? { maxQueue: QUEUE } : {})
  let [done, rejected, sum] = [0, 0, 0]
  const count = (answer) => {
    done += 1
    sum = (sum + answer) % 4_294_967_296
  }
  const run = await timed(async () => {
    if (way === 'serial') {
      for (let k = 0; k < size; k++) count(checkBytes({ bytes: payload(k) }))
      return
    }
    const submit = (bytes) => {
      if (way === 'pool') return pool.run('checkBytes', { bytes }, [bytes.buffer])
      return pool.run({ bytes }, { name: 'checkBytes', transferList: [bytes.buffer] })
    }
    await Promise.all(range(size).map((k) => submit(payload(k)).then(count, () => (rejected += 1))))
  })
  // What was refused differs from run to run; only a whole answer can be compared.
  report('million_tasks', way, run, bounded ? `any/${done + rejected}` : `${sum}/${done + rejected}`, {
    case: size,
    done,
    rejected,
    us_per_task: ((run.ms * 1000) / size).toFixed(3),
  })
  await pool?.close()
}
