// SHA-256 over a big buffer, as a tree of chunks: the twin of examples/sha256_tree.rs.

import { createHash } from 'node:crypto'
import { random, range, repeated, report, wanted } from './common.mjs'
import { sha256 } from './jobs.mjs'
import { HandMadePool, piscina } from './pool.mjs'

const CHUNK = 1 << 20
const { ways, size } = wanted(['serial', 'pool-clone', 'pool', 'piscina'], 256)

// Shared memory, so that workers read it where it lies; `pool-clone` sends each chunk as a copy instead.
const bytes = new Uint8Array(new SharedArrayBuffer(size * CHUNK))
const words = new Uint32Array(bytes.buffer)
const next = random(1)
for (let k = 0; k < words.length; k++) words[k] = next()
const chunks = range(size).map((k) => bytes.subarray(k * CHUNK, (k + 1) * CHUNK))

for (const way of ways) {
  const pool = way.startsWith('pool') ? await HandMadePool.started(2) : way === 'piscina' ? await piscina() : undefined
  const run = await repeated(3, async () => {
    const root = createHash('sha256')
    const jobs = chunks.map((chunk) => {
      if (way === 'serial') return sha256({ bytes: chunk })
      if (way === 'pool-clone') return pool.run('sha256', { bytes: new Uint8Array(chunk) })
      if (way === 'pool') return pool.run('sha256', { bytes: chunk })
      return pool.run({ bytes: chunk }, { name: 'sha256' })
    })
    for (const digest of await Promise.all(jobs)) root.update(digest)
    return root.digest('hex')
  })
  report('sha256_tree', way, run, run.answer.slice(0, 16), { gb_per_s: ((size * CHUNK) / run.ms / 1e6).toFixed(2) })
  await pool?.close()
}
