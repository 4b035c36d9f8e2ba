// Sixty frames a second beside analysis that keeps every worker busy: the twin of examples/frames.rs.
//
// Each frame has a small job, whose answer it needs before the next frame. In the way `main` there are no workers and the
// analysis runs between the frames; `pool` and `piscina` queue the frame's job behind the analysis; `own-worker` keeps a worker for
// the frames alone.

import { line, timed, wanted } from './common.mjs'
import { spin } from './jobs.mjs'
import { HandMadePool, piscina } from './pool.mjs'

const FRAME_MS = 1000 / 60
const FRAME_STEPS = 400_000
const ANALYSIS_STEPS = 4_000_000
// Analyses in the queue or at work at any time.
const BACKLOG = 16
const { ways, size } = wanted(['main', 'pool', 'piscina', 'own-worker'], 5)

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

for (const way of ways) {
  const pool = way === 'piscina' ? await piscina() : way === 'main' ? undefined : await HandMadePool.started(2)
  const own = way === 'own-worker' ? await HandMadePool.started(1) : undefined
  const [frames, analysis] = [
    { steps: FRAME_STEPS, seed: 1 },
    { steps: ANALYSIS_STEPS, seed: 1 },
  ]
  const submit = (data, runner) => {
    if (way === 'main') return sleep(0).then(() => spin(data))
    return way === 'piscina' ? runner.run(data, { name: 'spin' }) : runner.run('spin', data)
  }
  const count = Math.round(size * 60)
  let [isOver, analysed, missed, shown] = [false, 0, 0, 0]
  const late = []
  const run = await timed(async () => {
    const background = Array.from({ length: way === 'main' ? 1 : BACKLOG }, async () => {
      while (!isOver) {
        await submit(analysis, pool)
        analysed += 1
      }
    })
    const began = performance.now()
    const answers = []
    for (let k = 0; k < count; k++) {
      await sleep(Math.max(0, began + k * FRAME_MS - performance.now()))
      const due = began + (k + 1) * FRAME_MS
      const answer = submit(frames, own ?? pool).then(() => {
        const now = performance.now()
        shown += 1
        missed += now > due ? 1 : 0
        late.push(now - (due - FRAME_MS))
      })
      answers.push(answer)
    }
    await Promise.all(answers)
    isOver = true
    await Promise.all(background)
  })
  late.sort((a, b) => a - b)
  const p99 = late[Math.floor(late.length * 0.99)]
  console.log(`frames, ${way}: ${missed} of ${shown} missed, ${analysed} analyses, 99 of 100 within ${p99.toFixed(1)} ms`)
  line({
    work: 'frames',
    way,
    check: `${shown}/${spin(frames)}/${spin(analysis)}`,
    missed,
    analyses_per_s: ((analysed * 1000) / run.ms).toFixed(1),
    p99_ms: p99.toFixed(2),
    blocked_ms: run.blocked.toFixed(2),
  })
  await pool?.close()
  await own?.close()
}
