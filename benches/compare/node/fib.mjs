// Five naive Fibonacci numbers: the twin of examples/fib.rs.

import { range, report, timed, wanted } from './common.mjs'
import { fib } from './jobs.mjs'
import { HandMadePool, inOwnWorker, piscina } from './pool.mjs'

const JOBS = range(5)
const { ways, size } = wanted(['serial', 'naive', 'pool', 'piscina'], 40)

for (const way of ways) {
  const pool = way === 'pool' ? await HandMadePool.started(2) : way === 'piscina' ? await piscina() : undefined
  const run = await timed(() => {
    if (way === 'serial') return JOBS.map(() => fib(size))
    if (way === 'naive') return Promise.all(JOBS.map(() => inOwnWorker('fib', size)))
    if (way === 'pool') return Promise.all(JOBS.map(() => pool.run('fib', size)))
    return Promise.all(JOBS.map(() => pool.run(size, { name: 'fib' })))
  })
  report('fib', way, run, run.answer.reduce((a, b) => a + b))
  await pool?.close()
}
