// The job as Piscina calls it.

export { next as default } from './jobs.mjs'
