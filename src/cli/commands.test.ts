import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UsageError } from '../command/errors.ts'
import { allCommands, findCommand } from './commands.ts'

for (const [typed, message] of [
  ['strat', 'There is no command "strat". Did you mean: watchword start?'],
  ['users list', 'There is no command "users". Did you mean: watchword user list?'],
  [
    'user crate',
    'There is no command "user crate". Did you mean: watchword user create?',
  ],
  [
    'session',
    'watchword session needs one of: list, revoke. About each: watchword help session',
  ],
  [
    'user defrost',
    'There is no command "user defrost". The commands: watchword help user',
  ],
  ['frobnicate', 'There is no command "frobnicate". The commands: watchword help'],
  ['constructor', 'There is no command "constructor". The commands: watchword help'],
  [
    '--json',
    'Begin with the name of a command; options follow it. The commands: watchword help',
  ],
] as const) {
  test(`the message for "watchword ${typed}" says what to type instead`, async () => {
    await assert.rejects(findCommand(typed.split(' ')), new UsageError(message))
  })
}

test('a command has the name that it is listed under, and an example with it', async () => {
  for (const [listed, load] of Object.entries(await allCommands())) {
    const { name, examples } = await load()
    assert.equal(name, listed)
    assert.ok(examples.some((example) => example.includes(`watchword ${name}`)))
  }
})
