// What do a task and a vector cost on Node, with its own workers and in its pools?
//
// Units: us for a number that comes back one greater, the median and what 99 of a hundred are below; million tasks per
// second; us for a vector. Two workers where it is a pool. The rows of `benches/tasks.rs` in the terms of Node: its workers
// take messages, so "shared memory" is the nearest to what ringmill does.
//
// `RINGMILL_BENCH_ROUNDS` sets the rounds, `RINGMILL_BENCH_TASKS` how many go through a queue (100,000); words behind the command pick tables by their titles.

import { performance } from 'node:perf_hooks'
import { Worker } from 'node:worker_threads'
import { Piscina } from 'piscina'
import workerpool from 'workerpool'
import { table, times } from './rounds.mjs'

const file = (name) => new URL(name, import.meta.url)
const WORKER = file('./worker.mjs')
/** What each asker asks for, and all of them. */
const EACH = Math.ceil(Number(process.env.RINGMILL_BENCH_TASKS ?? 100_000) / 10_000)
const TASKS = EACH * 10_000
const COLUMNS = ['median', '99 of 100']

/** A worker that answers in the order that it is asked in. */
class Bare {
  #waiting = []
  #worker = new Worker(WORKER)

  constructor() {
    this.#worker.on('message', (answer) => this.#waiting.shift()(answer))
  }

  ask(message, transfer) {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.#worker.postMessage(message, transfer)
    })
  }

  close() {
    return this.#worker.terminate()
  }
}

/** The articles' pool: idle workers, a queue, the next task when one answers. */
class ByHand {
  #all
  #idle
  #queue = []

  constructor(workers) {
    this.#all = Array.from({ length: workers }, () => new Bare())
    this.#idle = [...this.#all]
  }

  run(number) {
    return new Promise((resolve) => {
      this.#queue.push({ number, resolve })
      this.#next()
    })
  }

  async #next() {
    if (this.#idle.length === 0 || this.#queue.length === 0) return
    const [worker, { number, resolve }] = [this.#idle.pop(), this.#queue.shift()]
    resolve(await worker.ask({ job: 'next', number }))
    this.#idle.push(worker)
    this.#next()
  }

  close() {
    return Promise.all(this.#all.map((worker) => worker.close()))
  }
}

/** A worker that is asked in shared memory. */
class InMemory {
  #words = new Int32Array(new SharedArrayBuffer(16))
  #spins
  #turn = 0
  #worker

  constructor(spins) {
    this.#spins = spins
    this.#worker = new Worker(WORKER, { workerData: { words: this.#words, spins } })
  }

  ask(number) {
    const words = this.#words
    const turn = (this.#turn += 1)
    words[2] = number
    Atomics.store(words, 0, turn)
    if (this.#spins) {
      while (Atomics.load(words, 1) !== turn);
    } else {
      Atomics.notify(words, 0)
      Atomics.wait(words, 1, turn - 1)
    }
    return words[3]
  }

  close() {
    return this.#worker.terminate()
  }
}

const bare = new Bare()
const hand = new ByHand(2)
const settled = { minThreads: 2, maxThreads: 2, idleTimeout: Infinity }
const piscina = new Piscina({ filename: file('./piscina.mjs').href, ...settled })
const pool = workerpool.pool(file('./workerpool.mjs').pathname, {
  minWorkers: 2,
  maxWorkers: 2,
  workerType: 'thread',
})
const sleeping = new InMemory(false)

const ways = [
  ['worker_threads, postMessage, one worker', (number) => bare.ask({ job: 'next', number })],
  ['pool by hand, as the articles', (number) => hand.run(number)],
  ['Piscina', (number) => piscina.run(number)],
  ['workerpool', (number) => pool.exec('next', [number])],
]

await table('submit a number, get the next, hot, us', COLUMNS, [
  ...ways.map(([name, ask]) => [name, () => times(2000, ask)]),
  ['Atomics.wait and notify, one worker', () => times(2000, (number) => sleeping.ask(number))],
  [
    'Atomics, both spin, one worker',
    async () => {
      // It takes a CPU as long as it lives.
      const spinning = new InMemory(true)
      const taken = await times(20_000, (number) => spinning.ask(number))
      await spinning.close()
      return taken
    },
  ],
])

await table(
  '10,000 tasks in flight, million per second',
  [''],
  ways.map(([name, ask]) => [name, () => inFlight(10_000, ask)]),
)

await table(
  `${TASKS} tasks through a queue, 10,000 in flight, million per second`,
  [''],
  ways.map(([name, ask]) => [name, () => throughQueue(ask)]),
)

for (const mib of [1, 50, 200]) {
  const length = (mib << 20) / 4
  const questions = mib === 1 ? 100 : 8
  await table(`${mib} MiB of f32 to a worker and an answer, us`, COLUMNS, [
    ['SharedArrayBuffer', () => shared(questions, length)],
    ['transfer, one way', () => oneWay(questions, length)],
    ['transfer, there and back', () => thereAndBack(questions, length)],
    ['structured clone', () => cloned(questions, length)],
  ])
}

await Promise.all([bare.close(), hand.close(), piscina.destroy(), pool.terminate(), sleeping.close()])

async function inFlight(count, ask) {
  const began = performance.now()
  const answers = await Promise.all(Array.from({ length: count }, (_, number) => ask(number)))
  const seconds = (performance.now() - began) / 1e3
  check(answers.reduce((sum, answer) => sum + answer, 0), (count * (count + 1)) / 2)
  return [count / seconds / 1e6]
}

/** As many askers as tasks are in flight, each with its tasks one after the other. */
async function throughQueue(ask) {
  let sum = 0
  const asker = async (_, first) => {
    for (let k = 0; k < EACH; k++) {
      const answer = await ask(first * EACH + k)
      sum += answer
    }
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: 10_000 }, asker))
  const seconds = (performance.now() - began) / 1e3
  check(sum, (TASKS * (TASKS + 1)) / 2)
  return [TASKS / seconds / 1e6]
}

function ones(length, buffer = new ArrayBuffer(length * 4)) {
  return new Float32Array(buffer).fill(1)
}

function shared(questions, length) {
  const vector = ones(length, new SharedArrayBuffer(length * 4))
  return times(questions, async (number) => {
    check(await bare.ask({ job: 'shared', vector }), 2 + number)
    return number + 1
  })
}

/** The vector is gone each time: the next is made outside the time. */
async function oneWay(questions, length) {
  const taken = []
  for (let k = 0; k < questions; k++) {
    const vector = ones(length)
    const [us] = await times(1, async () => {
      check(await bare.ask({ job: 'transfer', vector }, [vector.buffer]), 2)
      return 1
    })
    taken.push(us)
  }
  taken.sort((a, b) => a - b)
  return [taken[taken.length >> 1], taken[Math.floor((taken.length * 99) / 100)]]
}

function thereAndBack(questions, length) {
  let vector = ones(length)
  return times(questions, async (number) => {
    const answer = await bare.ask({ job: 'thereAndBack', vector }, [vector.buffer])
    check(answer.sum, 2 + number)
    vector = answer.vector
    return number + 1
  })
}

function cloned(questions, length) {
  const vector = ones(length)
  return times(questions, async (number) => {
    check(await bare.ask({ job: 'clone', vector }), 2)
    return number + 1
  })
}

function check(answer, expected) {
  if (answer !== expected) throw new Error(`${answer} is not ${expected}`)
}
