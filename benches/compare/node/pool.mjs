// A pool as the articles write it: workers that live on, a queue in the main thread, the next task when one answers.

import { Worker } from 'node:worker_threads'
import { Piscina } from 'piscina'

const WORKER = new URL('./worker.mjs', import.meta.url)
const JOBS = new URL('./piscina_jobs.mjs', import.meta.url)

export class HandMadePool {
  #idle = []
  #queue = new Queue()
  #all = new Set()
  #size

  constructor(size) {
    this.#size = size
    for (let k = 0; k < size; k++) this.#start()
  }

  /** Builds a pool and waits until its workers run, as a server has done before its first request. */
  static async started(size) {
    const pool = new HandMadePool(size)
    await pool.ready()
    return pool
  }

  async ready() {
    await Promise.all(Array.from({ length: this.#size }, () => this.run('nothing', 0)))
  }

  run(job, data, transfer) {
    return new Promise((resolve, reject) => {
      const task = { job, data, transfer, resolve, reject }
      const worker = this.#idle.pop()
      if (worker) this.#give(worker, task)
      else this.#queue.push(task)
    })
  }

  async close() {
    await Promise.all([...this.#all].map((worker) => worker.removeAllListeners('exit').terminate()))
  }

  #start() {
    const worker = new Worker(WORKER)
    this.#all.add(worker)
    worker.on('message', ({ value, error }) => {
      const { resolve, reject } = worker.task
      worker.task = undefined
      this.#next(worker)
      if (error) reject(error)
      else resolve(value)
    })
    // A worker that dies takes its task with it, and is replaced.
    worker.on('exit', () => {
      this.#all.delete(worker)
      this.#idle = this.#idle.filter((other) => other !== worker)
      worker.task?.reject(new Error('the worker died'))
      this.#start()
    })
    worker.on('error', () => {})
    this.#next(worker)
  }

  #next(worker) {
    const task = this.#queue.shift()
    if (task) this.#give(worker, task)
    else this.#idle.push(worker)
  }

  #give(worker, task) {
    worker.task = task
    worker.postMessage({ job: task.job, data: task.data }, task.transfer)
  }
}

/** First in, first out. Not `shift`, which moves a long array at each call. */
class Queue {
  #items = []
  #head = 0

  push(item) {
    this.#items.push(item)
  }

  shift() {
    if (this.#head === this.#items.length) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head++] = undefined
    if (this.#head >= 1024 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }
}

/** Runs one job in a worker of its own, as the articles begin: the worker starts, answers once and ends. */
export function inOwnWorker(job, data, transferList) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(WORKER, { workerData: { job, data }, transferList })
    worker.once('message', ({ value, error }) => (error ? reject(error) : resolve(value)))
    worker.once('error', reject)
  })
}

/** Builds a Piscina of two workers that live on, and waits until they run. */
export async function piscina(options = {}) {
  const pool = new Piscina({
    filename: JOBS.href,
    minThreads: 2,
    maxThreads: 2,
    idleTimeout: Infinity,
    ...options,
  })
  await Promise.all([0, 1].map(() => pool.run(0, { name: 'nothing' })))
  return pool
}
