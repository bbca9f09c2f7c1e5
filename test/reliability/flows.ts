import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type Answer, claimsOf, PASSWORD, type Place } from './place.ts'

const ANOTHER = 'other-Word-1299-qx'

/** Something that is asked, twice where the first time nobody could say what became of it. */
export interface Scene {
  ask(): Promise<Answer>
  /** The status of the answer where nothing fails. Default 200. */
  readonly says?: number
  /** Others that it may have the second time, when the first has had its effect unseen. */
  readonly again?: readonly number[]
  /** @throws unless what an answer of `says` tells is so */
  holds(answer: Answer): Promise<void>
}

export type Flow = (place: Place) => Promise<Scene>

/** Everything that is asked of a store on the way, in every way in which clients and programs ask. */
export const FLOWS: Readonly<Record<string, Flow>> = {
  obtain: async (place) => {
    const { username } = await place.somebody()
    return {
      ask: () => place.signIn(username),
      holds: async ({ body }) => place.goesOn(body),
    }
  },

  refresh: async (place) => {
    const { refresh } = await place.signedIn()
    let first: string | undefined
    return {
      ask: () => place.post('/api/token/refresh/', { refresh }),
      async holds({ body }) {
        assert.equal(
          await place.isBelieved(body.access),
          true,
          'the new access token is refused',
        )
        const { jti } = claimsOf(body.refresh)
        assert.equal(jti, first ?? jti, 'there are two successors')
        first = jti
      },
    }
  },

  'refresh with what was spent': async (place) => {
    const { refresh } = await place.signedIn()
    const { body } = await place.post('/api/token/refresh/', { refresh })
    place.pass(30)
    return {
      ask: () => place.post('/api/token/refresh/', { refresh }),
      says: 401,
      holds: () => place.isOver(body),
    }
  },

  'refresh of a deactivated user': async (place) => {
    const user = await place.somebody()
    const body = await place.signedIn(user)
    await place.store.ports.users.change(user.id, { active: false })
    return {
      ask: () => place.post('/api/token/refresh/', { refresh: body.refresh }),
      says: 401,
      async holds() {
        await place.store.ports.users.change(user.id, { active: true })
        await place.isOver(body)
      },
    }
  },

  blacklist: async (place) => {
    const pair = await place.signedIn()
    return {
      ask: () => place.post('/api/token/blacklist/', { refresh: pair.refresh }),
      again: [401],
      holds: () => place.isOver(pair),
    }
  },

  'blacklist of a sliding token': async (place) => {
    const { body } = await place.signIn(
      (await place.somebody()).username,
      '/api/token/sliding/',
    )
    return {
      ask: () => place.post('/api/token/blacklist/', { token: body.token }),
      again: [401],
      holds: () => place.isRefused(body.token),
    }
  },

  'obtain sliding': async (place) => {
    const { username } = await place.somebody()
    return {
      ask: () => place.signIn(username, '/api/token/sliding/'),
      holds: async ({ body }) => assert.equal(await place.isBelieved(body.token), true),
    }
  },

  'refresh sliding': async (place) => {
    const { body } = await place.signIn(
      (await place.somebody()).username,
      '/api/token/sliding/',
    )
    return {
      ask: () => place.post('/api/token/sliding/refresh/', { token: body.token }),
      holds: async ({ body }) => assert.equal(await place.isBelieved(body.token), true),
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
    const { token } = await place.auth.apiTokens.create((await place.somebody()).id)
    return {
      ask: () => place.call({ authorization: `Token ${token}` }),
      holds: async () => {},
    }
  },

  'a route, with an API token that was revoked': async (place) => {
    const { token, record } = await place.auth.apiTokens.create(
      (await place.somebody()).id,
    )
    await place.auth.apiTokens.revoke(record.id)
    return {
      ask: () => place.call({ authorization: `Token ${token}` }),
      says: 401,
      holds: async () => {},
    }
  },

  'log-in of a browser': async (place) => {
    const { username } = await place.somebody()
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
          'the sign-in of before goes on',
        )
      },
    }
  },

  'log-out of a browser': async (place) => {
    const { cookies } = await place.signIn(
      (await place.somebody()).username,
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
    const { username } = await place.somebody()
    let first: string | undefined
    return {
      ask: () => place.signIn(username, '/api-token-auth/'),
      async holds({ body: { token } }) {
        assert.equal((await place.call({ authorization: `Token ${token}` })).status, 200)
        assert.equal(token, first ?? token, 'there are two')
        first = token
      },
    }
  },

  'a new API token of a user in place of the old one': async (place) => {
    const { id } = await place.somebody()
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
          'the old one goes on',
        )
      },
    }
  },

  'revoke an API token': async (place) => {
    const { token, record } = await place.auth.apiTokens.create(
      (await place.somebody()).id,
    )
    return {
      ask: () => place.program(() => place.auth.apiTokens.revoke(record.id)),
      async holds() {
        assert.equal(
          (await place.call({ authorization: `Token ${token}` })).status,
          401,
          'it goes on',
        )
      },
    }
  },

  'a new user': async (place) => {
    const username = randomUUID()
    return {
      ask: () =>
        place.program(() => place.auth.users.create({ username, password: PASSWORD })),
      again: [400], // the name is taken: by this very user
      holds: async () => assert.equal((await place.signIn(username)).status, 200),
    }
  },

  'a new password': async (place) => {
    const user = await place.somebody()
    const pair = await place.signedIn(user)
    return {
      ask: () => place.program(() => place.auth.users.setPassword(user.id, ANOTHER)),
      async holds() {
        await place.isOver(pair)
        assert.equal(
          (await place.signIn(user.username)).status,
          401,
          'the old password is right',
        )
      },
    }
  },

  'deactivate a user': async (place) => {
    const user = await place.somebody()
    const pair = await place.signedIn(user)
    return {
      ask: () => place.program(() => place.auth.users.change(user.id, { active: false })),
      holds: () => place.isOver(pair),
    }
  },

  'delete a user': async (place) => {
    const user = await place.somebody()
    const pair = await place.signedIn(user)
    const { token } = await place.auth.apiTokens.create(user.id)
    return {
      ask: () => place.program(() => place.auth.users.delete(user.id)),
      async holds() {
        await place.isOver(pair)
        assert.equal(
          (await place.call({ authorization: `Token ${token}` })).status,
          401,
          'its API token goes on',
        )
      },
    }
  },

  'end a session': async (place) => {
    const pair = await place.signedIn()
    return {
      ask: () =>
        place.program(() =>
          place.auth.sessions.revoke(claimsOf(pair.refresh).sid as never),
        ),
      holds: () => place.isOver(pair),
    }
  },

  'end all sessions of a user': async (place) => {
    const user = await place.somebody()
    const pairs = [await place.signedIn(user), await place.signedIn(user)]
    return {
      ask: () => place.program(() => place.auth.sessions.revokeAll(user.id)),
      async holds() {
        for (const pair of pairs) await place.isOver(pair)
      },
    }
  },

  'rotate the signing keys': async (place) => {
    const pair = await place.signedIn()
    return {
      ask: () => place.program(() => place.auth.keys.rotate()),
      async holds() {
        await place.goesOn(pair)
        await place.goesOn(await place.signedIn())
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
      holds: () => place.goesOn(pair),
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

  'the first request of a process to a user who has signed out': async (place) => {
    const { access } = await place.signedOut()
    place.restart()
    return {
      ask: () => place.call({ authorization: `Bearer ${access}` }),
      says: 401,
      holds: async () => {},
    }
  },
}
