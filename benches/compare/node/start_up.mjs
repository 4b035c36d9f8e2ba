// How long a pool takes to start, and what a worker weighs: the twin of examples/start_up.rs.

import { readFileSync } from 'node:fs'
import { line, range, wanted } from './common.mjs'
import { HandMadePool, piscina } from './pool.mjs'

const STARTS = 30
const { ways } = wanted(['pool', 'piscina', 'memory'], 0)

const memory = (field) => {
  global.gc?.()
  const rollup = readFileSync('/proc/self/smaps_rollup', 'utf8')
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(rollup)[1])
}

for (const way of ways) {
  if (way === 'memory') {
    // The first worker pays for what all share.
    await (await HandMadePool.started(1)).close()
    for (const workers of [1, 2, 8, 32]) {
      const [rss, pss] = [memory('Rss'), memory('Pss')]
      const pool = await HandMadePool.started(workers)
      await new Promise((resolve) => setTimeout(resolve, 300))
      const each = (field, before) => ((memory(field) - before) / workers).toFixed(0)
      const [rssEach, pssEach] = [each('Rss', rss), each('Pss', pss)]
      console.log(`${workers} workers: ${rssEach} KiB resident each`)
      line({ work: 'start_up', way: `memory`, case: workers, rss_kib: rssEach, pss_kib: pssEach, check: workers })
      await pool.close()
    }
    continue
  }
  const starts = []
  for (const _ of range(STARTS)) {
    const began = performance.now()
    // Until each of the two has done a task.
    const pool = way === 'pool' ? await HandMadePool.started(2) : await piscina()
    starts.push(performance.now() - began)
    await pool.close()
  }
  starts.sort((a, b) => a - b)
  const [p50, p99] = [starts[STARTS >> 1], starts[STARTS - 1]]
  console.log(`start_up, ${way}: ${p50.toFixed(1)} ms, the longest ${p99.toFixed(1)} ms`)
  line({ work: 'start_up', way, ms: p50.toFixed(3), p99_ms: p99.toFixed(3), check: 2 })
}
