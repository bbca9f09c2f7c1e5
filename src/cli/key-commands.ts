import { commandFor, DATABASE } from '../command/command.ts'
import { isoOf, momentOf, plural } from '../command/format.ts'
import { tableOf } from '../command/table.ts'
import type { Admin } from '../instance/admin.ts'

const command = commandFor<Pick<Admin, 'keys'>>()

export const keysList = command({
  name: 'keys list',
  summary: 'Lists the signing keys.',
  args: [],
  description:
    'Stages: "next" is published and does not sign yet; "current" signs; "retiring" verifies until the last token that it signed has expired.',
  examples: ['watchword keys list', 'watchword keys list --json'],
  options: DATABASE,
  async run({ values, open }) {
    const keys = await open(values.database, (auth) => auth.keys.list(), {
      withKeys: true,
    })
    return { text: keyTable(keys), json: keys.map(toJson) }
  },
})

type Key = Awaited<ReturnType<Admin['keys']['list']>>[number]

function keyTable(keys: readonly Key[]): string {
  if (keys.length === 0) return 'There are no keys yet.'
  return tableOf(
    ['ID', 'ALGORITHM', 'STAGE', 'CREATED (UTC)', 'VERIFIES UNTIL'],
    keys.map((key) => [
      key.id,
      key.algorithm,
      key.stage,
      momentOf(key.createdAt),
      momentOf(key.verifiesUntil),
    ]),
  )
}

const toJson = (key: Key): object => ({
  id: key.id,
  algorithm: key.algorithm,
  stage: key.stage,
  created_at: isoOf(key.createdAt),
  verifies_until: isoOf(key.verifiesUntil),
})

export const keysRotate = command({
  name: 'keys rotate',
  summary: 'Makes the next key the one that signs.',
  args: [],
  description: `The current key retires: it verifies until its last token has expired, so valid tokens stay valid. A new next key is made and published.
Running servers follow within a second. They also rotate keys by themselves, every 90 days by default.

If the next key was published only just now, the command waits until other services have had time to read it.`,
  examples: ['watchword keys rotate', 'watchword keys rotate --leaked'],
  options: {
    leaked: {
      type: 'boolean',
      help: 'the keys may be known to others: replace all of them, which makes every token invalid',
    },
    ...DATABASE,
  },
  async run({ values: { database, leaked = false }, progress, open }) {
    const waits = (seconds: number): void =>
      progress(
        `The next key was published just now and signs in ${plural(Math.ceil(seconds), 'second')}: waiting …`,
      )
    const keys = await open(database, (auth) => auth.keys.rotate({ leaked, waits }), {
      withKeys: true,
    })
    const rows = [
      ['current', keys.current],
      ['retiring', keys.retiring],
      ['next', keys.next],
    ]
    return { text: tableOf(['STAGE', 'ID'], rows), json: keys }
  },
})

export const keysReseal = command({
  name: 'keys reseal',
  summary: 'Encrypts the keys in the database with the current secret.',
  args: [],
  description: `To change the secret: start all servers with the new one as WATCHWORD_SECRET and the old one as WATCHWORD_OLD_SECRETS, run this command
with both, and leave the old one out at the next start.`,
  examples: ['watchword keys reseal'],
  options: DATABASE,
  async run({ values, open }) {
    const resealed = await open(values.database, (auth) => auth.keys.reseal(), {
      withKeys: true,
    })
    return { text: resealedText(resealed), json: { resealed } }
  },
})

function resealedText(count: number): string {
  if (count === 0) return 'Every key is encrypted with this secret already.'
  return `Encrypted ${plural(count, 'key')} with the current secret.`
}
