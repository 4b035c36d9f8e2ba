// What the twins share: which ways to run, a ticker that sees the event loop stall, and the line that `articles` reads.

import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'

/** Takes the ways named on the command line, or all, and the first number there, or `size`. */
export function wanted(all, size) {
  const words = process.argv.slice(2)
  const numbers = words.filter((word) => /^\d+$/.test(word)).map(Number)
  const ways = words.filter((word) => !/^\d+$/.test(word))
  const unknown = ways.filter((way) => !all.includes(way))
  if (unknown.length > 0) {
    console.error(`no such way: ${unknown.join(', ')}; there are: ${all.join(', ')}`)
    process.exit(2)
  }
  return { ways: ways.length > 0 ? ways : all, size: numbers[0] ?? size }
}

/** Runs `body` once and returns its answer, the milliseconds it took, and the longest gap of a 1 ms ticker meanwhile. */
export async function timed(body) {
  let last = performance.now()
  let longest = 0
  const tick = () => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
  }
  const interval = setInterval(tick, 1)
  const began = performance.now()
  last = began
  const answer = await body()
  const ms = performance.now() - began
  tick()
  clearInterval(interval)
  return { answer, ms, blocked: longest }
}

/** Runs `body` once to warm up and then `times` times: the median time, the longest gap of all. */
export async function repeated(times, body) {
  await body()
  const runs = []
  for (let k = 0; k < times; k++) runs.push(await timed(body))
  runs.sort((a, b) => a.ms - b.ms)
  const { answer, ms } = runs[runs.length >> 1]
  return { answer, ms, blocked: Math.max(...runs.map((run) => run.blocked)) }
}

/** Prints what a way took, for people and for programs. */
export function report(work, way, { ms, blocked }, check, more = {}) {
  const rest = { ...more, peak_mib: peakMib().toFixed(1) }
  console.log(`${work}, ${way}: ${ms.toFixed(3)} ms, the event loop stood still for ${blocked.toFixed(1)} ms at the most`)
  line({ work, way, ms: ms.toFixed(6), blocked_ms: blocked.toFixed(3), check, ...rest })
}

/** Prints a line for programs. */
export function line(fields) {
  console.log(`result ${Object.entries(fields).map(([key, value]) => `${key}=${value}`).join(' ')}`)
}

/** Returns the most memory that the process ever had resident. Not from `resourceUsage`: that remembers the parent's. */
export function peakMib() {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024
}

/** Adds up words so that each and its place count. */
export function checksum(words, start = 0) {
  let sum = start
  for (let k = 0; k < words.length; k++) sum = (Math.imul(sum, 31) + words[k]) | 0
  return sum >>> 0
}

/** Returns a generator of pseudo-random words (Marsaglia's xorshift): the same as in the examples. */
export function random(seed) {
  let x = seed
  return () => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return x >>> 0
  }
}

/** Returns `count` numbers, 0 first. */
export function range(count) {
  return Array.from({ length: count }, (_, k) => k)
}
