import { execFile } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { exactly, trial } from './trial.ts'

/** Seeds that found something; each run repeats them. */
const KEPT = [1, 20_261_127, 526_565_687]

const FILE = join(import.meta.dirname, '..', 'attacks', 'fuzz.test.ts')

/** R22; its short form, the file itself, is part of `npm test`. */
export const fuzzing = trial({
  name: 'R22',
  promise:
    'every input that was not issued as a token or a key is rejected in time and without an unexpected error',
  databases: ['none'],
  long: { minutes: 10 },
  sabotages: [{ name: 'accept-all' }],
  async run(deps, { minutes }) {
    const until = performance.now() + minutes * 60_000
    const failed: number[] = []
    let inputs = 0
    for (let i = 0; i < KEPT.length || performance.now() < until; i++) {
      const seed = KEPT[i] ?? randomInt(2 ** 31)
      if (!(await holds(seed, deps.sabotage))) {
        failed.push(seed)
        deps.progress(
          `seed ${seed} fails; to repeat it: WATCHWORD_SEED=${seed} WATCHWORD_FUZZ=${COUNT}`,
        )
      }
      inputs += 3 * COUNT
      if (deps.sabotage !== undefined) break
      if (i % 10 === 0) deps.progress(`${inputs.toLocaleString('en')} inputs`)
    }
    return [
      exactly(
        0,
        `of ${inputs.toLocaleString('en')} inputs wrongly handled, by seed`,
        failed.length,
      ),
    ]
  },
})

/** Inputs of each kind per seed. */
const COUNT = 20_000

function holds(seed: number, sabotage: string | undefined): Promise<boolean> {
  const { NODE_TEST_CONTEXT: _, ...mine } = process.env
  const env = {
    ...mine,
    WATCHWORD_SEED: String(seed),
    WATCHWORD_FUZZ: String(COUNT),
    WATCHWORD_SABOTAGE: sabotage,
  }
  return new Promise((resolve) =>
    execFile(
      process.execPath,
      ['--test', '--test-isolation=none', FILE],
      { env },
      (error) => resolve(error === null),
    ),
  )
}
