import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RecordedConfig, typeClaimOf, usesEmail } from './configs.ts'
import { play } from './conversation.ts'
import { brokenPromises, leaksIn } from './promises.ts'
import { type Answer, type Case, pathsOf } from './recording.ts'
import { seed, seededPasswords } from './seeding.ts'
import { openSubject, type Subject } from './subject.ts'

/**
 * A process that plays conversations, sent by its parent one after the other, each with a server of its own: `player.ts`.
 */
export interface Job {
  readonly recorded: Case
  readonly config: RecordedConfig
}

export interface Played {
  readonly answer?: Answer
  /** Why the conversation could not be played, or the promises that the response breaks. */
  readonly faults: readonly string[]
  /** Statuses that operations of the OpenAPI document have answered, and those that it lists. */
  readonly seen?: readonly string[]
  readonly documented?: readonly string[]
  /** Milliseconds until the server was open, and those of the conversation. */
  readonly reset: number
  readonly talk: number
}

const folder = mkdtempSync(join(tmpdir(), 'watchword-conformance-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const databases = {
  byName: join(folder, 'by-name.db'),
  byEmail: join(folder, 'by-email.db'),
}

/** The first server takes several times longer than the next ones, because its code is compiled. */
async function warmUp(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    const recorded = { request: { method: 'GET', path: '/' }, response: {} }
    const subject = await subjectOf({ recorded: recorded as unknown as Case, config: {} })
    if (!('refused' in subject)) await subject.close()
  }
}

async function played(job: Job): Promise<Played> {
  const began = performance.now()
  let opened = began
  const spent = () => ({ reset: opened - began, talk: performance.now() - opened })
  try {
    const subject = await subjectOf(job)
    opened = performance.now()
    if ('refused' in subject) return { answer: subject, faults: [], ...spent() }
    const outcome = await talk(job, subject)
    return { ...outcome, ...spent() }
  } catch (error) {
    return { faults: [String(error)], ...spent() }
  }
}

const subjectOf = ({ recorded, config }: Job) =>
  openSubject({
    config,
    paths: pathsOf(recorded),
    seeded: usesEmail(config) ? databases.byEmail : databases.byName,
    passwordCost: recordsHash(recorded) ? 'default' : 'lowest',
  })

const recordsHash = ({ response: { effects = {} } }: Case): boolean =>
  JSON.stringify(effects).includes('<hash:')

async function talk(
  { recorded, config }: Job,
  subject: Subject,
): Promise<Pick<Played, 'answer' | 'faults' | 'seen' | 'documented'>> {
  try {
    const { answer, reply } = await play(recorded, subject, typeClaimOf(config))
    const leaks = leaksIn(subject.log(), seededPasswords())
    const { seen, documented, faults } = subject.findings
    return {
      answer,
      faults: [...brokenPromises(reply), ...leaks, ...faults],
      seen: [...seen],
      documented: [...documented],
    }
  } finally {
    await subject.close()
  }
}

await seed(databases.byName, { byEmail: false })
await seed(databases.byEmail, { byEmail: true })
await warmUp()

process.on('disconnect', () => process.exit())
process.on('message', async (job: Job) => process.send?.(await played(job)))
process.send?.('ready')
