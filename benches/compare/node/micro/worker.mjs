// A bare worker, and that of the pool by hand. With `workerData` it answers in shared memory and never returns.

import { parentPort, workerData } from 'node:worker_threads'
import { next, touch } from './jobs.mjs'

const answers = {
  next: ({ number }) => [next(number)],
  clone: ({ vector }) => [touch(vector)],
  transfer: ({ vector }) => [touch(vector)],
  thereAndBack: ({ vector }) => [{ sum: touch(vector), vector }, [vector.buffer]],
  shared: ({ vector }) => [touch(vector)],
}

if (workerData) answerInMemory(workerData)
else parentPort.on('message', (message) => parentPort.postMessage(...answers[message.job](message)))

/** Word 0 is the question's turn, word 1 the answer's, words 2 and 3 the numbers. */
function answerInMemory({ words, spins }) {
  for (let turn = 1; ; turn++) {
    if (spins) while (Atomics.load(words, 0) !== turn);
    else Atomics.wait(words, 0, turn - 1)
    words[3] = next(words[2])
    Atomics.store(words, 1, turn)
    if (!spins) Atomics.notify(words, 1)
  }
}
