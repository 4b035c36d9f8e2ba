// The job as workerpool calls it.

import workerpool from 'workerpool'
import { next } from './jobs.mjs'

workerpool.worker({ next })
