// A regular expression over millions of lines: the twin of examples/log_search.rs.

import { random, range, repeated, report, wanted } from './common.mjs'
import { matchBytes, matchLines } from './jobs.mjs'
import { HandMadePool, inOwnWorker, piscina } from './pool.mjs'

const CHUNK = 1 << 20
// Of the naive way, which starts a worker for each.
const LARGE_CHUNK = 8 << 20
const { ways, size } = wanted(['serial', 'naive', 'pool-strings', 'pool', 'piscina'], 2_000_000)

const bytes = log(size)

/** Makes a log of so many lines, of 4,096 different ones. */
function log(count) {
  const next = random(1)
  const pick = (from) => from[next() % from.length]
  const different = range(4096).map((k) => {
    const method = pick(['GET', 'POST', 'PUT', 'DELETE'])
    const place = pick(['orders', 'users', 'carts', 'items'])
    const status = pick([200, 200, 201, 404, 500, 503])
    return Buffer.from(
      `2026-11-21T14:03:${10 + (k % 50)} api-${next() % 16} ${method} /v1/${place}/${next() % 100_000}?page=${next() % 9} status=${status} took=${next() % 3000}ms\n`,
    )
  })
  const order = new Uint16Array(count)
  let total = 0
  for (let k = 0; k < count; k++) {
    order[k] = next() & 4095
    total += different[order[k]].length
  }
  const all = new Uint8Array(new SharedArrayBuffer(total))
  let at = 0
  for (let k = 0; k < count; k++) {
    all.set(different[order[k]], at)
    at += different[order[k]].length
  }
  return all
}

/** Cuts after the first end of a line behind each `len` bytes. */
function cut(all, len) {
  const parts = []
  for (let from = 0; from < all.length; ) {
    const end = from + len < all.length ? all.indexOf(10, from + len) + 1 : all.length
    parts.push(all.subarray(from, end))
    from = end
  }
  return parts
}

const strings = (chunk) => Buffer.from(chunk).latin1Slice().split('\n')

for (const way of ways) {
  const pool = way.startsWith('pool') ? await HandMadePool.started(2) : way === 'piscina' ? await piscina() : undefined
  const chunks = cut(bytes, way === 'naive' ? LARGE_CHUNK : CHUNK)
  const run = await repeated(way === 'naive' ? 1 : 3, async () => {
    const parts = await Promise.all(
      chunks.map((chunk) => {
        if (way === 'serial') return matchBytes({ bytes: chunk })
        if (way === 'naive') return inOwnWorker('matchBytes', { bytes: chunk })
        if (way === 'pool-strings') return pool.run('matchLines', strings(chunk))
        if (way === 'pool') return pool.run('matchBytes', { bytes: chunk })
        return pool.run({ bytes: chunk }, { name: 'matchBytes' })
      }),
    )
    return parts.reduce((a, b) => ({ found: a.found + b.found, took: a.took + b.took }))
  })
  report('log_search', way, run, `${run.answer.found}/${run.answer.took}`, {
    m_lines_per_s: (size / run.ms / 1000).toFixed(2),
  })
  await pool?.close()
}
