import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CommandContext } from '../command/context.ts'
import { shownDatabase } from './database.ts'
import { nextCommand } from './next-command.ts'

const context = { env: {} } as CommandContext

for (const [database, shown] of [
  ['postgres://ann:hunter2@db/auth', 'postgres://ann:…@db/auth'],
  ['POSTGRES://ann:hunter2@db/auth', 'POSTGRES://ann:…@db/auth'],
  ['postgres://ann:h@nter2@db/auth', 'postgres://ann:…@db/auth'],
  ['postgres://ann:1/hunter2@db/auth', 'postgres://ann:…@db/auth'],
  ['postgres://ann:1?hunter2@db/auth', 'postgres://ann:…@db/auth'],
  ['postgres://:hunter2@db/auth', 'postgres://:…@db/auth'],
  ['postgres://db:5432/auth', 'postgres://db:5432/auth'],
  ['postgres://db/auth?user=ann&password=hunter2', 'postgres://db/auth?…'],
  ['postgres://db:5432/auth?p%61ssword=hunter2', 'postgres://db:5432/auth?…'],
  ['auth.db', 'auth.db'],
  ['sqlite:a?b:c@d', 'sqlite:a?b:c@d'],
] as const) {
  test(`the database ${JSON.stringify(shown)} is shown without its password, in a suggested command too`, () => {
    assert.equal(shownDatabase(database), shown)
    assert.doesNotMatch(
      nextCommand('user create NAME', database, context),
      /hunter2|nter2/,
    )
  })
}
