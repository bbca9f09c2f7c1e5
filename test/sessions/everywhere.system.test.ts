import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { UserId } from '../../src/users/user.ts'
import { DATABASES } from '../stores/databases.ts'
import { stopwatch } from '../time.ts'
import { type Guarded, type Pair, startGuarded } from './everywhere.ts'
import type { Route } from './guarded.ts'

interface SignedIn {
  readonly id: UserId
  readonly pair: Pair
}

/** What ends a sign-in, or takes a right away, and what the routes of another process say to its access token then. */
const ENDS: Readonly<
  Record<
    string,
    {
      end(here: Guarded, who: SignedIn): Promise<unknown>
      readonly answers: Readonly<
        Partial<Record<Route, { readonly status: number; readonly says: string }>>
      >
    }
  >
> = {
  'who signed out': {
    end: (here, { pair: { refresh } }) => here.send('/blacklist/', { refresh }),
    answers: {
      '/account': { status: 401, says: 'Token is blacklisted' },
      '/stateless': { status: 401, says: 'Token is blacklisted' },
    },
  },
  'whose password was changed': {
    end: (here, { id }) =>
      here.administer('setPassword', id, 'another horse battery staple'),
    answers: {
      '/account': { status: 401, says: "The user's password has been changed." },
      '/stateless': { status: 401, says: 'Token is blacklisted' },
    },
  },
  'who was deactivated': {
    end: (here, { id }) => here.administer('changeUser', id, { active: false }),
    answers: {
      '/account': { status: 401, says: 'User is inactive' },
      '/stateless': { status: 401, says: 'Token is blacklisted' },
    },
  },
  'whose sign-ins an administrator ended': {
    end: (here, { id }) => here.administer('endSessions', id),
    answers: {
      '/account': { status: 401, says: 'Token is blacklisted' },
      '/stateless': { status: 401, says: 'Token is blacklisted' },
    },
  },
  'whose spent refresh token came back (R2)': {
    async end(here, { pair: { refresh } }) {
      await here.send('/refresh/', { refresh })
      await assert.rejects(
        here.send('/refresh/', { refresh }),
        /401 .*Token is blacklisted/,
      )
    },
    answers: {
      '/account': { status: 401, says: 'Token is blacklisted' },
      '/stateless': { status: 401, says: 'Token is blacklisted' },
    },
  },
  'whose role was taken away': {
    end: (here, { id }) => here.administer('changeUser', id, { roles: [] }),
    answers: {
      '/editors': {
        status: 403,
        says: 'You do not have permission to perform this action.',
      },
    },
  },
}

for (const [kind, fresh] of Object.entries(DATABASES)) {
  test(`on ${kind} another process refuses within a second whoever it was`, async (t) => {
    const database = await fresh(t)
    if (typeof database === 'string') return t.skip(database)
    const [here, there] = await Promise.all([
      startedIn(t, database.url),
      startedIn(t, database.url),
    ])
    for (const [who, { end, answers }] of Object.entries(ENDS)) {
      await t.test(who, async (t) => {
        const ada = await signedIn(here, who)
        const routes = Object.entries(answers) as [
          Route,
          { status: number; says: string },
        ][]
        for (const [route] of routes)
          assert.equal((await there.ask(route, ada.pair.access)).status, 200)

        await end(here, ada)

        using watch = stopwatch()
        for (const [route, { status, says }] of routes) {
          let answer = await there.ask(route, ada.pair.access)
          while (answer.status === 200 && watch.ms() < 1000) {
            await sleep(2)
            answer = await there.ask(route, ada.pair.access)
          }
          assert.equal(answer.status, status, `${route} answers ${answer.status}`)
          assert.match(answer.body, new RegExp(says))
          assert.equal((await here.ask(route, ada.pair.access)).status, status)
        }
        t.diagnostic(`refused after ${Math.round(watch.ms())} ms`)
      })
    }
    await t.test('and whoever only verifies learns of them', async () => {
      const page = (await (
        await fetch(`${there.url}/api/token/revocations/`)
      ).json()) as { revoked: string[] }
      assert.equal(page.revoked.length, Object.keys(ENDS).length - 1)
    })
  })
}

async function startedIn(t: TestContext, url: string): Promise<Guarded> {
  const started = await startGuarded(url)
  t.after(() => started.stop())
  return started
}

async function signedIn(here: Guarded, who: string): Promise<SignedIn> {
  const username = who.replace(/[^a-z]/g, '')
  const password = 'correct horse battery staple'
  const { id } = await here.administer('createUser', {
    username,
    password,
    roles: ['editor'],
  })
  return { id, pair: await here.send('/', { username, password }) }
}
