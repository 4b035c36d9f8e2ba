// The jobs in the form that Piscina wants: an answer that moves its buffers says so by two symbols.

import { Piscina } from 'piscina'
import * as jobs from './jobs.mjs'

export * from './jobs.mjs'

class Moved {
  constructor(value) {
    this.value = value
  }
  get [Piscina.transferableSymbol]() {
    return jobs.moved(this.value)
  }
  get [Piscina.valueSymbol]() {
    return this.value
  }
}

export const shrinkMoved = (data) => Piscina.move(new Moved(jobs.shrinkMoved(data)))
export const touchMoved = (data) => Piscina.move(new Moved(jobs.touchMoved(data)))
