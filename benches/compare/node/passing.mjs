// A buffer to a worker and back, by clone, by transfer and as shared memory: the twin of examples/passing.rs.

import { repeated, report, wanted } from './common.mjs'
import { HandMadePool, piscina } from './pool.mjs'

const KIB = 1024
const SIZES = [KIB, 64 * KIB, KIB * KIB, 16 * KIB * KIB, 200 * KIB * KIB]
const { ways } = wanted(['clone', 'transfer', 'shared', 'piscina-transfer'], 0)

for (const way of ways) {
  const pool = way.startsWith('piscina') ? await piscina() : await HandMadePool.started(2)
  for (const size of SIZES) {
    const trips = size <= KIB * KIB ? 1000 : Math.floor((200 * KIB * KIB) / size)
    let bytes = new Uint8Array(way === 'shared' ? new SharedArrayBuffer(size) : size)
    const trip = async () => {
      if (way === 'clone') bytes = (await pool.run('touchCopied', { bytes })).bytes
      else if (way === 'transfer') bytes = (await pool.run('touchMoved', { bytes }, [bytes.buffer])).bytes
      else if (way === 'shared') await pool.run('touchShared', { bytes })
      else bytes = (await pool.run({ bytes }, { name: 'touchMoved', transferList: [bytes.buffer] })).bytes
    }
    const run = await repeated(5, async () => {
      for (let k = 0; k < trips; k++) await trip()
    })
    if (bytes.length !== size || bytes[0] !== (trips * 6) % 256) throw new Error('a trip did not touch the buffer')
    report('passing', way, { ...run, ms: run.ms / trips }, `${size}/${bytes[0]}/${bytes[size - 1]}`, { case: size })
  }
  await pool.close()
}
