// Two seconds of computing beside a ticker: the twin of examples/tokio_ticker.rs.

import { report, timed, wanted } from './common.mjs'
import { spin } from './jobs.mjs'
import { HandMadePool, piscina } from './pool.mjs'

const { ways, size } = wanted(['inline', 'pool', 'piscina'], 1_000_000_000)

for (const way of ways) {
  const pool = way === 'pool' ? await HandMadePool.started(2) : way === 'piscina' ? await piscina() : undefined
  const data = { steps: size, seed: 1 }
  const run = await timed(() => {
    if (way === 'inline') return spin(data)
    return way === 'pool' ? pool.run('spin', data) : pool.run(data, { name: 'spin' })
  })
  report('tokio_ticker', way, run, run.answer)
  await pool?.close()
}
