// The vectors most like a query, among 200 MB of them: the twin of examples/similarity.rs.

import { random, range, repeated, report, wanted } from './common.mjs'
import { DIMENSIONS, keep, nearest } from './jobs.mjs'
import { HandMadePool, inOwnWorker, piscina } from './pool.mjs'

const TOP = 10
const SLICES = 16
const { ways, size } = wanted(['serial', 'naive', 'pool-clone', 'pool', 'piscina'], 50_000_000)

const count = Math.floor(size / DIMENSIONS)
const next = random(1)
const fill = (floats) => {
  // Multiples of 2^-23: exact in both languages.
  for (let k = 0; k < floats.length; k++) floats[k] = (next() >>> 8) / 8_388_608 - 1
  return floats
}
const query = fill(new Float32Array(DIMENSIONS))
const vectors = fill(new Float32Array(new SharedArrayBuffer(count * DIMENSIONS * 4)))

const slices = range(SLICES).map((k) => {
  const first = Math.floor((count * k) / SLICES)
  const end = Math.floor((count * (k + 1)) / SLICES)
  return { vectors: vectors.subarray(first * DIMENSIONS, end * DIMENSIONS), query, first, top: TOP }
})
const copy = (slice) => ({ ...slice, vectors: new Float32Array(slice.vectors) })

function merge(parts) {
  const best = []
  for (const part of parts) for (const candidate of part) keep(best, candidate, TOP)
  return best
}

for (const way of ways) {
  const pool = way.startsWith('pool') ? await HandMadePool.started(2) : way === 'piscina' ? await piscina() : undefined
  const run = await repeated(3, async () => {
    if (way === 'serial') return nearest({ vectors, query, first: 0, top: TOP })
    const jobs = slices.map((slice) => {
      if (way === 'naive') return inOwnWorker('nearest', copy(slice))
      if (way === 'pool-clone') return pool.run('nearest', copy(slice))
      if (way === 'pool') return pool.run('nearest', slice)
      return pool.run(slice, { name: 'nearest' })
    })
    return merge(await Promise.all(jobs))
  })
  const { number, score } = run.answer[0]
  const numbers = run.answer.reduce((sum, best) => (Math.imul(sum, 31) + best.number) | 0, 0) >>> 0
  report('similarity', way, run, `${number}/${score.toFixed(12)}/${numbers}`, {
    gb_per_s: ((count * DIMENSIONS * 4) / run.ms / 1e6).toFixed(2),
  })
  await pool?.close()
}
