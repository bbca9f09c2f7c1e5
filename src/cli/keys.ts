import { command, DATABASE } from './command.ts'
import { openWithKeys, withInstance } from './open-instance.ts'
import { isoOf, momentOf, plural, tableOf } from './table.ts'

export const keysList = command({
  name: 'keys list',
  does: 'Lists the signing keys.',
  args: [],
  about: `next is published and does not sign yet, current signs, retiring verifies until the last token that it signed has expired.`,
  examples: ['watchword keys list', 'watchword keys list --json'],
  options: DATABASE,
  async run({ values, deps }) {
    const keys = await withInstance(
      values.database,
      deps,
      (auth) => auth.keys.list(),
      openWithKeys,
    )
    const rows = keys.map((key) => [
      key.id,
      key.algorithm,
      key.stage,
      momentOf(key.createdAt),
      momentOf(key.verifiesUntil),
    ])
    return {
      text:
        rows.length === 0
          ? 'There are no keys yet.'
          : tableOf(['ID', 'ALGORITHM', 'STAGE', 'MADE (UTC)', 'VERIFIES UNTIL'], rows),
      json: keys.map((key) => ({
        id: key.id,
        algorithm: key.algorithm,
        stage: key.stage,
        created_at: isoOf(key.createdAt),
        verifies_until: isoOf(key.verifiesUntil),
      })),
    }
  },
})

export const keysRotate = command({
  name: 'keys rotate',
  does: 'Lets the next key sign.',
  args: [],
  about: `The current key retires: it verifies until its last token has expired, so no valid token is lost. A new next key is made
and published. Running servers follow within a second. Servers rotate by themselves as well: every 90 days, unless told otherwise.
A key that was published a moment ago signs when others have had the time to read it, which the command waits for.`,
  examples: ['watchword keys rotate', 'watchword keys rotate --leaked'],
  options: {
    leaked: {
      type: 'boolean',
      says: 'the keys may be known to others: replace them, and end every token',
    },
    ...DATABASE,
  },
  async run({ values, deps }) {
    const waits = (length: number): void =>
      void deps.stderr.write(
        `The next key has just been published: it signs in ${Math.ceil(length)} seconds.\n`,
      )
    const turn = await withInstance(
      values.database,
      deps,
      (auth) => auth.keys.rotate({ leaked: values.leaked === true, waits }),
      openWithKeys,
    )
    const rows = [
      ['current', turn.current],
      ['retiring', turn.retiring],
      ['next', turn.next],
    ]
    return { text: tableOf(['STAGE', 'ID'], rows), json: turn }
  },
})

export const keysReseal = command({
  name: 'keys reseal',
  does: 'Seals the private keys with the secret of today.',
  args: [],
  about: `To change the secret, give all servers the new one as WATCHWORD_SECRET and the old one as WATCHWORD_OLD_SECRETS, type this
with both, and leave the old one out at the next start.`,
  examples: ['watchword keys reseal'],
  options: DATABASE,
  async run({ values, deps }) {
    const resealed = await withInstance(
      values.database,
      deps,
      (auth) => auth.keys.reseal(),
      openWithKeys,
    )
    const text =
      resealed === 0
        ? 'Every key is sealed with this secret already.'
        : `Sealed ${plural(resealed, 'key')} anew.`
    return { text, json: { resealed } }
  },
})
