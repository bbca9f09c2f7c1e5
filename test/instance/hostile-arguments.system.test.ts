import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildWatchword } from '../build-watchword.ts'
import { aDatabase } from '../services/postgres.ts'
import { HOSTILE, outcomeOf, verbsOf } from './hostile-arguments.ts'

test('SQLite and PostgreSQL answer every value of every argument alike', async (t) => {
  const database = await aDatabase()
  if (typeof database === 'string') return t.skip(database)
  const programs = await Promise.all(
    [database.url, 'sqlite::memory:'].map(async (database) => {
      const auth = buildWatchword({
        database,
        secret: 'a secret of tests, long enough for all of them',
        log: () => {},
      })
      const { id } = await auth.users.create({ username: 'rui' })
      return { auth, verbs: verbsOf(auth as never, id) }
    }),
  )
  t.after(async () => {
    for (const { auth } of programs) await auth.close()
    await database.drop()
  })
  const [postgres, sqlite] = programs
  for (const verb of Object.keys(postgres!.verbs)) {
    for (const [what, value] of Object.entries(HOSTILE)) {
      const outcomes = await Promise.all(
        [postgres, sqlite].map((program) =>
          outcomeOf(program!.verbs[verb]!, value, `${verb}(${what})`),
        ),
      )
      assert.equal(outcomes[0], outcomes[1], `${verb}(${what})`)
    }
  }
})
