import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DATABASE } from '../command/command.ts'
import type { CommandContext } from '../command/context.ts'
import { warnOfPasswords } from './password-on-line.ts'

/** @returns what is printed about `--database` */
function warningFor(database: string): string {
  const printed: string[] = []
  const stderr = { write: (text: string) => printed.push(text) }
  warnOfPasswords({ database }, DATABASE, { stderr } as never as CommandContext)
  return printed.join('')
}

for (const database of [
  'postgres://ann:hunter2@db/auth',
  'postgres://db/auth?user=ann&password=hunter2',
  'postgres://db/auth?PASSWORD=hunter2',
  'postgres://db/auth?sslkey=k.pem&sslpassword=hunter2',
  'postgres://db/auth?sslpassword=hunter2',
  'postgres://db/auth?p%61ssword=hunter2',
  'host=db user=ann password=hunter2',
  'password=hunter2 host=db',
  "host=db password = 'hunter2'",
  'host=db\tsslpassword=hunter2',
])
  test(`the password in --database ${database.replace('hunter2', '…')} is warned of, and not printed`, () => {
    const printed = warningFor(database)
    assert.match(printed, /shows the password in --database .* Set WATCHWORD_DATABASE/)
    assert.doesNotMatch(printed, /hunter2/)
  })

for (const database of [
  'auth.db',
  'postgres://db:5432/auth',
  'postgres://ann@db/auth?sslmode=verify-full',
  'postgres://db/auth?password=',
  'postgres://db/auth?passwordless=1',
  'host=db user=ann',
  'host=db password=',
  'sqlite:100%.db',
])
  test(`--database ${database} has no password, and is not warned of`, () => {
    assert.equal(warningFor(database), '')
  })
