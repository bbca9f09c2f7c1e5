import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { UserId } from '../../src/users/user.ts'
import { cleanUp } from '../cleanup.ts'
import { DATABASES } from '../stores/databases.ts'
import { stopwatch } from '../time.ts'
import type { Route } from './guarded.ts'
import { type Guarded, type Pair, startGuarded } from './guarded-process.ts'

interface SignedIn {
  readonly id: UserId
  readonly pair: Pair
}

/** Revocations, and the responses of the routes of another process to the access token afterwards. */
const REVOCATIONS: Readonly<
  Record<
    string,
    {
      revoke(here: Guarded, user: SignedIn): Promise<unknown>
      readonly answers: Readonly<
        Partial<Record<Route, { readonly status: number; readonly detail: string }>>
      >
    }
  >
> = {
  'a sign-out': {
    revoke: (here, { pair: { refresh } }) => here.send('/blacklist/', { refresh }),
    answers: {
      '/account': { status: 401, detail: 'Token is blacklisted' },
      '/stateless': { status: 401, detail: 'Token is blacklisted' },
    },
  },
  'a changed password': {
    revoke: (here, { id }) =>
      here.administer('setPassword', id, 'another horse battery staple'),
    answers: {
      '/account': { status: 401, detail: "The user's password has been changed." },
      '/stateless': { status: 401, detail: 'Token is blacklisted' },
    },
  },
  'a deactivated user': {
    revoke: (here, { id }) => here.administer('changeUser', id, { active: false }),
    answers: {
      '/account': { status: 401, detail: 'User is inactive' },
      '/stateless': { status: 401, detail: 'Token is blacklisted' },
    },
  },
  'sessions revoked by an administrator': {
    revoke: (here, { id }) => here.administer('revokeSessions', id),
    answers: {
      '/account': { status: 401, detail: 'Token is blacklisted' },
      '/stateless': { status: 401, detail: 'Token is blacklisted' },
    },
  },
  'a reused refresh token (R2)': {
    async revoke(here, { pair: { refresh } }) {
      await here.send('/refresh/', { refresh })
      await assert.rejects(
        here.send('/refresh/', { refresh }),
        /401 .*Token is blacklisted/,
      )
    },
    answers: {
      '/account': { status: 401, detail: 'Token is blacklisted' },
      '/stateless': { status: 401, detail: 'Token is blacklisted' },
    },
  },
  'a removed role': {
    revoke: (here, { id }) => here.administer('changeUser', id, { roles: [] }),
    answers: {
      '/editors': {
        status: 403,
        detail: 'You do not have permission to perform this action.',
      },
    },
  },
}

for (const [kind, fresh] of Object.entries(DATABASES)) {
  test(`on ${kind} another process rejects the access token within a second`, async (t) => {
    const database = await fresh(t)
    if (typeof database === 'string') return t.skip(database)
    const [here, there] = await Promise.all([
      startedIn(t, database.url),
      startedIn(t, database.url),
    ])
    for (const [what, { revoke, answers }] of Object.entries(REVOCATIONS)) {
      await t.test(`after ${what}`, async (t) => {
        const ada = await signedIn(here, what)
        const routes = Object.entries(answers) as [
          Route,
          { status: number; detail: string },
        ][]
        for (const [route] of routes)
          assert.equal((await there.ask(route, ada.pair.access)).status, 200)

        await revoke(here, ada)

        using watch = stopwatch()
        for (const [route, { status, detail }] of routes) {
          let answer = await there.ask(route, ada.pair.access)
          while (answer.status === 200 && watch.ms() < 1000) {
            await sleep(2)
            answer = await there.ask(route, ada.pair.access)
          }
          assert.equal(answer.status, status, `${route} answers ${answer.status}`)
          assert.match(answer.body, new RegExp(detail))
          assert.equal((await here.ask(route, ada.pair.access)).status, status)
        }
        t.diagnostic(`refused after ${Math.round(watch.ms())} ms`)
      })
    }
    await t.test('the revocation feed lists all sessions that were revoked', async () => {
      const page = (await (
        await fetch(`${there.url}/api/token/revocations/`)
      ).json()) as { revoked: string[] }
      assert.equal(page.revoked.length, Object.keys(REVOCATIONS).length - 1)
    })
  })
}

async function startedIn(t: TestContext, url: string): Promise<Guarded> {
  const started = await startGuarded(url)
  cleanUp(t, () => started.stop())
  return started
}

async function signedIn(here: Guarded, what: string): Promise<SignedIn> {
  const username = what.replace(/[^a-z]/g, '')
  const password = 'correct horse battery staple'
  const { id } = await here.administer('createUser', {
    username,
    password,
    roles: ['editor'],
  })
  return { id: id as UserId, pair: await here.send('/', { username, password }) }
}
