import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type Answer, claimsOf, PASSWORD, type Place } from './setup.ts'

const ANOTHER = 'other-Word-1299-qx'

/** A request, repeated if the first answer left its result unknown. */
export interface Scene {
  ask(): Promise<Answer>
  /** The status if nothing fails. Default 200. */
  readonly says?: number
  /** Other statuses of the retry, if the first request had its effect. */
  readonly again?: readonly number[]
  /** @throws unless the state agrees with the answer */
  holds(answer: Answer): Promise<void>
}

export type Flow = (place: Place) => Promise<Scene>

/** Every way in which a request or a program reaches the store. */
export const FLOWS: Readonly<Record<string, Flow>> = {
  obtain: async (place) => {
    const { username } = await place.createUser()
    return {
      ask: () => place.signIn(username),
      holds: async ({ body }) => place.assertValid(body),
    }
  },

  refresh: async (place) => {
    const { refresh } = await place.signedIn()
    let first: string | undefined
    return {
      ask: () => place.post('/api/token/refresh/', { refresh }),
      async holds({ body }) {
        assert.equal(
          await place.accepts(body.access),
          true,
          'the new access token is rejected',
        )
        const { jti } = claimsOf(body.refresh)
        assert.equal(jti, first ?? jti, 'there are two successors')
        first = jti
      },
    }
  },

  'refresh with a spent token': async (place) => {
    const { refresh } = await place.signedIn()
    const { body } = await place.post('/api/token/refresh/', { refresh })
    place.advance(30)
    return {
      ask: () => place.post('/api/token/refresh/', { refresh }),
      says: 401,
      holds: () => place.assertRevoked(body),
    }
  },

  'refresh of a deactivated user': async (place) => {
    const user = await place.createUser()
    const body = await place.signedIn(user)
    await place.store.ports.users.change(user.id, { active: false })
    return {
      ask: () => place.post('/api/token/refresh/', { refresh: body.refresh }),
      says: 401,
      async holds() {
        await place.store.ports.users.change(user.id, { active: true })
        await place.assertRevoked(body)
      },
    }
  },

  blacklist: async (place) => {
    const pair = await place.signedIn()
    return {
      ask: () => place.post('/api/token/blacklist/', { refresh: pair.refresh }),
      again: [401],
      holds: () => place.assertRevoked(pair),
    }
  },

  'blacklist of a sliding token': async (place) => {
    const { body } = await place.signIn(
      (await place.createUser()).username,
      '/api/token/sliding/',
    )
    return {
      ask: () => place.post('/api/token/blacklist/', { token: body.token }),
      again: [401],
      holds: () => place.isRefused(body.token),
    }
  },

  'obtain sliding': async (place) => {
    const { username } = await place.createUser()
    return {
      ask: () => place.signIn(username, '/api/token/sliding/'),
      holds: async ({ body }) => assert.equal(await place.accepts(body.token), true),
    }
  },

  'refresh sliding': async (place) => {
    const { body } = await place.signIn(
      (await place.createUser()).username,
      '/api/token/sliding/',
    )
    return {
      ask: () => place.post('/api/token/sliding/refresh/', { token: body.token }),
      holds: async ({ body }) => assert.equal(await place.accepts(body.token), true),
    }
  },

  verify: async (place) => {
    const { refresh } = await place.signedIn()
    return {
      ask: () => place.post('/api/token/verify/', { token: refresh }),
      holds: async () => {},
    }
  },

  'verify what was signed out': async (place) => {
    const { refresh } = await place.signedOut()
    return {
      ask: () => place.post('/api/token/verify/', { token: refresh }),
      says: 400,
      holds: async () => {},
    }
  },

  'a route, signed in': async (place) => {
    const { access } = await place.signedIn()
    return {
      ask: () => place.call({ authorization: `Bearer ${access}` }),
      holds: async () => {},
    }
  },

  'a route, signed out': async (place) => {
    const { access } = await place.signedOut()
    return {
      ask: () => place.call({ authorization: `Bearer ${access}` }),
      says: 401,
      holds: async () => {},
    }
  },

  'a route, with an API token': async (place) => {
    const { token } = await place.auth.apiTokens.create((await place.createUser()).id)
    return {
      ask: () => place.call({ authorization: `Token ${token}` }),
      holds: async () => {},
    }
  },

  'a route, with an API token that was revoked': async (place) => {
    const { token, record } = await place.auth.apiTokens.create(
      (await place.createUser()).id,
    )
    await place.auth.apiTokens.revoke(record.id)
    return {
      ask: () => place.call({ authorization: `Token ${token}` }),
      says: 401,
      holds: async () => {},
    }
  },

  'login of a browser': async (place) => {
    const { username } = await place.createUser()
    const { cookies: before } = await place.signIn(username, '/auth/login/')
    return {
      ask: () => place.signIn(username, '/auth/login/', before),
      async holds({ cookies }) {
        assert.equal(
          (await place.call({ cookie: cookies })).status,
          200,
          'the browser is not signed in',
        )
        assert.equal(
          (await place.call({ cookie: before })).status,
          401,
          'the earlier session is still valid',
        )
      },
    }
  },

  'logout of a browser': async (place) => {
    const { cookies } = await place.signIn(
      (await place.createUser()).username,
      '/auth/login/',
    )
    const csrf = /csrftoken=([^;]+)/.exec(cookies)![1]!
    return {
      ask: () =>
        place.post('/auth/logout/', {}, { cookie: cookies, 'x-csrftoken': csrf }),
      async holds() {
        assert.equal(
          (await place.call({ cookie: cookies })).status,
          401,
          'the browser is still signed in',
        )
      },
    }
  },

  'the API token of a user': async (place) => {
    const { username } = await place.createUser()
    let first: string | undefined
    return {
      ask: () => place.signIn(username, '/api-token-auth/'),
      async holds({ body: { token } }) {
        assert.equal((await place.call({ authorization: `Token ${token}` })).status, 200)
        assert.equal(token, first ?? token, 'there are two API tokens')
        first = token
      },
    }
  },

  'replace the API token of a user': async (place) => {
    const { id } = await place.createUser()
    const { token: old } = await place.auth.apiTokens.keyFor(id)
    return {
      ask: () =>
        place.program(async () => ({
          token: (await place.auth.apiTokens.keyFor(id, { reset: true })).token,
        })),
      async holds({ body: { token } }) {
        assert.equal((await place.call({ authorization: `Token ${token}` })).status, 200)
        assert.equal(
          (await place.call({ authorization: `Token ${old}` })).status,
          401,
          'the old API token is still valid',
        )
      },
    }
  },

  'revoke an API token': async (place) => {
    const { token, record } = await place.auth.apiTokens.create(
      (await place.createUser()).id,
    )
    return {
      ask: () => place.program(() => place.auth.apiTokens.revoke(record.id)),
      async holds() {
        assert.equal(
          (await place.call({ authorization: `Token ${token}` })).status,
          401,
          'the API token is still valid',
        )
      },
    }
  },

  'a new user': async (place) => {
    const username = randomUUID()
    return {
      ask: () =>
        place.program(() => place.auth.users.create({ username, password: PASSWORD })),
      again: [400], // 409: the first request created this user
      holds: async () => assert.equal((await place.signIn(username)).status, 200),
    }
  },

  'a new password': async (place) => {
    const user = await place.createUser()
    const pair = await place.signedIn(user)
    return {
      ask: () => place.program(() => place.auth.users.setPassword(user.id, ANOTHER)),
      async holds() {
        await place.assertRevoked(pair)
        assert.equal(
          (await place.signIn(user.username)).status,
          401,
          'the old password is still valid',
        )
      },
    }
  },

  'deactivate a user': async (place) => {
    const user = await place.createUser()
    const pair = await place.signedIn(user)
    return {
      ask: () => place.program(() => place.auth.users.change(user.id, { active: false })),
      holds: () => place.assertRevoked(pair),
    }
  },

  'delete a user': async (place) => {
    const user = await place.createUser()
    const pair = await place.signedIn(user)
    const { token } = await place.auth.apiTokens.create(user.id)
    return {
      ask: () => place.program(() => place.auth.users.delete(user.id)),
      async holds() {
        await place.assertRevoked(pair)
        assert.equal(
          (await place.call({ authorization: `Token ${token}` })).status,
          401,
          'its API token is still valid',
        )
      },
    }
  },

  'revoke a session': async (place) => {
    const pair = await place.signedIn()
    return {
      ask: () =>
        place.program(() =>
          place.auth.sessions.revoke(claimsOf(pair.refresh).sid as never),
        ),
      holds: () => place.assertRevoked(pair),
    }
  },

  'revoke all sessions of a user': async (place) => {
    const user = await place.createUser()
    const pairs = [await place.signedIn(user), await place.signedIn(user)]
    return {
      ask: () => place.program(() => place.auth.sessions.revokeAll(user.id)),
      async holds() {
        for (const pair of pairs) await place.assertRevoked(pair)
      },
    }
  },

  'rotate the signing keys': async (place) => {
    const pair = await place.signedIn()
    return {
      ask: () => place.program(() => place.auth.keys.rotate()),
      async holds() {
        await place.assertValid(pair)
        await place.assertValid(await place.signedIn())
        const stages = (await place.auth.keys.list()).map(({ stage }) => stage)
        for (const one of ['current', 'next'])
          assert.equal(stages.filter((stage) => stage === one).length, 1, one)
      },
    }
  },

  flush: async (place) => {
    const pair = await place.signedIn()
    return {
      ask: () => place.program(() => place.auth.flush()),
      holds: () => place.assertValid(pair),
    }
  },

  'the first request of a process': async (place) => {
    const { access } = await place.signedIn()
    place.restart()
    return {
      ask: () => place.call({ authorization: `Bearer ${access}` }),
      holds: async () => {},
    }
  },

  'the first request of a process, with a revoked session': async (place) => {
    const { access } = await place.signedOut()
    place.restart()
    return {
      ask: () => place.call({ authorization: `Bearer ${access}` }),
      says: 401,
      holds: async () => {},
    }
  },
}
