// What the workers do. Each job takes one value and returns one; the main thread calls the same.

import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { checksum } from './common.mjs'

const require = createRequire(import.meta.url)

export function nothing() {}

// --- fib: naive on purpose.

export function fib(n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2)
}

// --- images: a box filter of 5 x 5 pixels, 4000 x 3000 to 800 x 600, RGBA.

export const IMAGE = { width: 4000, height: 3000, box: 5 }
const ROW = IMAGE.width * 4
const sums = new Uint16Array(ROW)

/** Shrinks an image; returns the small one. */
export function shrink(pixels) {
  const small = new Uint8Array((IMAGE.width / 5) * (IMAGE.height / 5) * 4)
  for (let y = 0; y < IMAGE.height / 5; y++) {
    let from = y * 5 * ROW
    for (let k = 0; k < ROW; k++, from++) {
      sums[k] =
        pixels[from] + pixels[from + ROW] + pixels[from + 2 * ROW] + pixels[from + 3 * ROW] + pixels[from + 4 * ROW]
    }
    let to = (y * ROW) / 5
    for (let k = 0; k < ROW; k += 20, to += 4) {
      for (let c = k; c < k + 4; c++) {
        small[to + c - k] = ((sums[c] + sums[c + 4] + sums[c + 8] + sums[c + 12] + sums[c + 16] + 12) / 25) | 0
      }
    }
  }
  return small
}

/** Shrinks an image that was moved here and moves both back. */
export function shrinkMoved({ pixels }) {
  const small = shrink(pixels)
  return moving({ pixels, small }, [pixels.buffer, small.buffer])
}

/** Shrinks an image that was copied here. */
export function shrinkCopied({ pixels }) {
  const small = shrink(pixels)
  return moving({ small }, [small.buffer])
}

// --- bcrypt.

export function bcryptJs({ password, salt }) {
  return require('bcryptjs').hashSync(password, salt)
}

export function bcryptNative({ password, salt }) {
  return require('bcrypt').hashSync(password, salt)
}

// --- sha256: the digest of each chunk; who called hashes the digests.

export function sha256({ bytes }) {
  return createHash('sha256').update(bytes).digest()
}

// --- regex: lines of a log, those that match counted and their milliseconds added up.

export const PATTERN = /(GET|POST) \/v1\/orders\/(\d+)\S* status=5\d\d took=(\d{3,})ms/

/** Takes whole lines as bytes. */
export function matchBytes({ bytes }) {
  return matchLines(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).latin1Slice().split('\n'))
}

/** Takes lines as strings. */
export function matchLines(lines) {
  let [found, took] = [0, 0]
  for (const line of lines) {
    const match = PATTERN.exec(line)
    if (match) {
      found += 1
      took += Number(match[3])
    }
  }
  return { found, took }
}

// --- square roots.

export function sqrtSum({ from, to }) {
  let sum = 0
  for (let k = from; k < to; k++) sum += Math.sqrt(k)
  return sum
}

// --- similarity: the cosine of each vector and the query, the best `top` of them.

export const DIMENSIONS = 128

/** Returns the best of `vectors`, which begin with number `first`: pairs of score and number, best first. */
export function nearest({ vectors, query, first, top }) {
  const best = []
  let queryNorm = 0
  for (let k = 0; k < DIMENSIONS; k++) queryNorm += query[k] * query[k]
  for (let at = 0; at < vectors.length; at += DIMENSIONS) {
    // Eight sums each, so that additions need not wait for each other; in this order in both languages.
    let [a0, a1, a2, a3, a4, a5, a6, a7] = [0, 0, 0, 0, 0, 0, 0, 0]
    let [b0, b1, b2, b3, b4, b5, b6, b7] = [0, 0, 0, 0, 0, 0, 0, 0]
    for (let k = 0; k < DIMENSIONS; k += 8) {
      const v = at + k
      a0 += vectors[v] * query[k]
      b0 += vectors[v] * vectors[v]
      a1 += vectors[v + 1] * query[k + 1]
      b1 += vectors[v + 1] * vectors[v + 1]
      a2 += vectors[v + 2] * query[k + 2]
      b2 += vectors[v + 2] * vectors[v + 2]
      a3 += vectors[v + 3] * query[k + 3]
      b3 += vectors[v + 3] * vectors[v + 3]
      a4 += vectors[v + 4] * query[k + 4]
      b4 += vectors[v + 4] * vectors[v + 4]
      a5 += vectors[v + 5] * query[k + 5]
      b5 += vectors[v + 5] * vectors[v + 5]
      a6 += vectors[v + 6] * query[k + 6]
      b6 += vectors[v + 6] * vectors[v + 6]
      a7 += vectors[v + 7] * query[k + 7]
      b7 += vectors[v + 7] * vectors[v + 7]
    }
    const dot = a0 + a4 + (a1 + a5) + (a2 + a6 + (a3 + a7))
    const norm = b0 + b4 + (b1 + b5) + (b2 + b6 + (b3 + b7))
    keep(best, { score: dot / Math.sqrt(norm * queryNorm), number: first + at / DIMENSIONS }, top)
  }
  return best
}

/** Puts a candidate in its place among the best; of equal ones the first number is first. */
export function keep(best, candidate, top) {
  if (best.length === top && candidate.score <= best[top - 1].score) return
  let place = best.length
  while (place > 0 && best[place - 1].score < candidate.score) place -= 1
  best.splice(place, 0, candidate)
  if (best.length > top) best.pop()
}

// --- passing: the job touches the first and the last byte and gives the buffer back, or says it is done.

export function touchCopied({ bytes }) {
  bytes[0] += 1
  bytes[bytes.length - 1] += 1
  return { bytes }
}

export function touchMoved({ bytes }) {
  bytes[0] += 1
  bytes[bytes.length - 1] += 1
  return moving({ bytes }, [bytes.buffer])
}

export function touchShared({ bytes }) {
  bytes[0] += 1
  bytes[bytes.length - 1] += 1
}

// --- work without memory: xorshift steps, as many a second in both languages.

export function spin({ steps, seed }) {
  let x = seed
  for (let k = 0; k < steps; k++) {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
  }
  return x >>> 0
}

/** Spins, and fails if it is told to. */
export function spinOrFail({ steps, seed, fails }) {
  const word = spin({ steps, seed })
  if (fails === 'throw') throw new Error('told to fail')
  if (fails === 'exit') process.exit(1)
  return word
}

/** Adds up the bytes of a task's buffer. */
export function checkBytes({ bytes }) {
  return checksum(bytes)
}

// --- answers that move instead of being copied.

const lists = new WeakMap()

/** Marks an answer's buffers as moved. */
function moving(value, list) {
  lists.set(value, list)
  return value
}

/** Returns the buffers that an answer moves. */
export function moved(value) {
  return (typeof value === 'object' && value !== null && lists.get(value)) || []
}
