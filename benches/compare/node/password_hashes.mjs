// Passwords hashed by bcrypt: the twin of examples/password_hashes.rs, with a pure JavaScript bcrypt and a native one.

import { createRequire } from 'node:module'
import { checksum, range, report, timed, wanted } from './common.mjs'
import * as jobs from './jobs.mjs'
import { HandMadePool, inOwnWorker, piscina } from './pool.mjs'

const require = createRequire(import.meta.url)
const COUNT = 8
const ALL = ['js-serial', 'js-naive', 'js-pool', 'js-piscina', 'native-serial', 'native-pool', 'native-async']
const { ways, size } = wanted(ALL, 12)

// The sixteen bytes 0, 1, 2 … in bcrypt's own base 64.
const salt = `$2b$${String(size).padStart(2, '0')}$..CA.uOD/eaGAOmJB.yMBu`
const logins = range(COUNT).map((k) => ({ password: `correct horse battery staple ${k}`, salt }))

for (const way of ways) {
  const [library, how] = way.split('-')
  const job = library === 'js' ? 'bcryptJs' : 'bcryptNative'
  const pool = how === 'pool' ? await HandMadePool.started(2) : how === 'piscina' ? await piscina() : undefined
  const run = await timed(() => {
    if (how === 'serial') return logins.map(jobs[job])
    if (how === 'naive') return Promise.all(logins.map((login) => inOwnWorker(job, login)))
    if (how === 'pool') return Promise.all(logins.map((login) => pool.run(job, login)))
    if (how === 'piscina') return Promise.all(logins.map((login) => pool.run(login, { name: job })))
    // The native package's own way: libuv's four threads.
    return Promise.all(logins.map(({ password }) => require('bcrypt').hash(password, salt)))
  })
  report('password_hashes', way, run, checksum(Buffer.from(run.answer.join(''))), {
    per_second: ((COUNT * 1000) / run.ms).toFixed(2),
  })
  await pool?.close()
}
