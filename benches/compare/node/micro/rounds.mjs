// The rows of one table, timed in interleaved rounds, as `benches/common/mod.rs` does.

import { performance } from 'node:perf_hooks'

const ROUNDS = Math.max(Number(process.env.RINGMILL_BENCH_ROUNDS ?? 9), 1)

/** Takes samples of all rows, which are [name, function that returns an array of numbers], and prints the table. */
export async function table(title, columns, rows) {
  const words = process.argv.slice(2)
  if (words.length > 0 && !words.some((word) => title.includes(word))) return
  const samples = rows.map(() => [])
  // The first round is thrown away.
  for (let round = 0; round <= ROUNDS; round++) {
    for (let k = 0; k < rows.length; k++) {
      const row = (k + round) % rows.length
      const sample = await rows[row][1]()
      if (round > 0) samples[row].push(sample)
    }
  }
  const width = Math.max(...rows.map(([name]) => name.length))
  console.log(`\n${title}\n  (${ROUNDS} rounds)`)
  if (columns.length > 1) console.log(`  ${''.padEnd(width)}${columns.map((column) => column.padStart(34)).join('')}`)
  for (const [k, [name]] of rows.entries()) {
    const cells = columns.map((_, column) => {
      const values = samples[k].map((sample) => sample[column])
      const ratios = samples[k].map((sample, round) => sample[column] / samples[0][round][column])
      const [least, most] = [Math.min(...values), Math.max(...values)]
      const spread = `${digits(median(values))} (${digits(least)}-${digits(most)})`
      return `  ${spread.padStart(24)}  ${median(ratios).toFixed(2).padStart(5)}x`
    })
    console.log(`  ${name.padEnd(width)}${cells.join('')}`)
  }
}

/** Asks for the number after each of many; returns the us of an answer: the median, and what 99 of a hundred are below. */
export async function times(questions, ask) {
  const times = []
  const warmUp = questions >> 3
  for (let number = 0; number < questions + warmUp; number++) {
    const began = performance.now()
    const answer = await ask(number)
    const us = (performance.now() - began) * 1e3
    if (answer !== number + 1) throw new Error(`${number} was answered ${answer}`)
    if (number >= warmUp) times.push(us)
  }
  times.sort((a, b) => a - b)
  return [times[times.length >> 1], times[Math.floor((times.length * 99) / 100)]]
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

function digits(value) {
  const decimals = 2 - Math.min(Math.max(Math.floor(Math.log10(Math.abs(value))), -2), 2)
  return value.toFixed(decimals)
}
