import assert from 'node:assert/strict'
import { Readable, Writable } from 'node:stream'
import { test } from 'node:test'
import { main } from '../../src/cli/main.ts'
import { internalsOf } from '../../src/instance/internals.ts'
import { testInstance } from '../../src/testing/index.ts'
import { optionsOf } from './fixture.ts'

/** The numbered cases of configuration errors. */
test('Z18 the command that creates an API token needs a username', async () => {
  const said: string[] = []
  const into = (): Writable =>
    new Writable({
      write: (chunk, _encoding, done) => done(void said.push(String(chunk))),
    })

  const code = await main(['token', 'create'], {
    env: {},
    stdin: Readable.from([]),
    stdout: into(),
    stderr: into(),
  })

  assert.equal(code, 2)
  assert.match(said.join(''), /^watchword token create needs USERNAME/)
})

test('H19 a guard with an unknown rate throws when it is created', async (t) => {
  const { auth } = testInstance(optionsOf(''))
  t.after(() => auth.close())

  assert.throws(() => internalsOf(auth).guard({ throttle: 'missing' }), {
    code: 'invalid_config',
    message:
      /^No default throttle rate set for 'missing' scope\. Add it to the option "throttle": \{ "missing": "100\/day" \}/,
  })
})
