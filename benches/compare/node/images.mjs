// A hundred images made small: the twin of examples/images.rs.

import { checksum, random, range, report, timed, wanted } from './common.mjs'
import { IMAGE, shrink } from './jobs.mjs'
import { HandMadePool, inOwnWorker, piscina } from './pool.mjs'

// Pictures in memory at a time; the jobs take turns with them, as with the buffers of a decoder.
const PICTURES = 4
const { ways, size } = wanted(['serial', 'naive', 'one-worker', 'pool', 'piscina'], 100)

function picture(seed) {
  const words = new Uint32Array(IMAGE.width * IMAGE.height)
  const next = random(seed)
  for (let k = 0; k < words.length; k++) words[k] = next()
  return new Uint8Array(words.buffer)
}

/** Runs all jobs, a picture each, at most as many at a time as there are pictures; `run` gives the picture back. */
async function each(pictures, run) {
  const sums = new Array(size)
  const lane = async (mine) => {
    for (let k = mine; k < size; k += PICTURES) {
      const { pixels, small } = await run(pictures[mine])
      pictures[mine] = pixels
      sums[k] = sumOf(small)
    }
  }
  await Promise.all(range(PICTURES).map(lane))
  return sums
}

const sumOf = (small) => checksum(new Uint32Array(small.buffer))

for (const way of ways) {
  const pictures = range(PICTURES).map((k) => picture(k + 1))
  const workers = { 'one-worker': 1, pool: 2 }[way]
  const pool = workers ? await HandMadePool.started(workers) : way === 'piscina' ? await piscina() : undefined
  const run = await timed(() => {
    if (way === 'serial') return range(size).map((k) => sumOf(shrink(pictures[k % PICTURES])))
    // A worker for each job, and the picture copied to it: what comes of the first example of any tutorial.
    if (way === 'naive') {
      return Promise.all(
        range(size).map(async (k) => sumOf((await inOwnWorker('shrinkCopied', { pixels: pictures[k % PICTURES] })).small)),
      )
    }
    if (way === 'piscina') {
      return each(pictures, (pixels) => pool.run({ pixels }, { name: 'shrinkMoved', transferList: [pixels.buffer] }))
    }
    return each(pictures, (pixels) => pool.run('shrinkMoved', { pixels }, [pixels.buffer]))
  })
  report('images', way, run, checksum(run.answer))
  await pool?.close()
}
