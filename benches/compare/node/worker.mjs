// A worker of the hand-made pool. With `workerData` it does that one job and ends.

import { parentPort, workerData } from 'node:worker_threads'
import * as jobs from './jobs.mjs'

async function answer({ job, data }) {
  try {
    const value = await jobs[job](data)
    parentPort.postMessage({ value }, jobs.moved(value))
  } catch (error) {
    parentPort.postMessage({ error })
  }
}

if (workerData) await answer(workerData)
else parentPort.on('message', answer)
