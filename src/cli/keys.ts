import { command, DATABASE } from './command.ts'
import { inHouse, openHouse } from './house.ts'
import { isoOf, momentOf, tableOf } from './table.ts'

export const keysList = command({
  name: 'keys list',
  does: 'Lists the signing keys.',
  args: [],
  about: `next is published and does not sign yet, current signs, retiring verifies until the last token that it signed has expired.`,
  examples: ['watchword keys list', 'watchword keys list --json'],
  options: DATABASE,
  async run({ values, world }) {
    const keys = await inHouse(values.database, world, (auth) => auth.keys.list(), openHouse)
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
and published. Running servers follow within a second.`,
  examples: ['watchword keys rotate', 'watchword keys rotate --leaked'],
  options: {
    leaked: { type: 'boolean', says: 'the keys may be known to others: replace them, and end every token' },
    ...DATABASE,
  },
  async run({ values, world }) {
    const turn = await inHouse(
      values.database,
      world,
      (auth) => auth.keys.rotate({ leaked: values.leaked === true }),
      openHouse,
    )
    const rows = [
      ['current', turn.current],
      ['retiring', turn.retiring],
      ['next', turn.next],
    ]
    return { text: tableOf(['STAGE', 'ID'], rows), json: turn }
  },
})
