import assert from 'node:assert/strict'
import { AuthError } from '../../src/base/errors.ts'
import type { Watchword } from '../../src/watchword.ts'

/** Contains itself. */
const circular: Record<string, unknown> = {}
circular.self = circular

/** What a program in JavaScript, or one that passes on a request's body, may pass for any argument. */
export const HOSTILE: Readonly<Record<string, unknown>> = {
  null: null,
  true: true,
  number: 5,
  zero: 0,
  negative: -1,
  fraction: 1.5,
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  'past 64 bits': 1e300,
  BigInt: 10n,
  'empty string': '',
  string: 'x',
  NUL: 'a\0b',
  'lone surrogate': 'a\ud800b',
  symbol: Symbol('s'),
  function: () => 1,
  Map: new Map([['a', 1]]),
  Set: new Set(['a']),
  Date: new Date(0),
  'invalid Date': new Date(Number.NaN),
  RegExp: /x/,
  bytes: new Uint8Array(2),
  promise: Promise.resolve(1),
  array: [],
  'array of BigInt': [1n],
  'array of undefined': [undefined],
  object: {},
  'object with length': { length: 3 },
  circular,
}

type Call = (value: never) => unknown

/** Every argument of every verb of the administration, by its name. */
export function verbsOf(auth: Watchword, id: string): Readonly<Record<string, Call>> {
  const { users, sessions, apiTokens, events } = auth
  const password = 'pass-Word-4417-zt'
  let count = 0
  const name = () => `user${count++}`
  return {
    'users.create': (value) => users.create(value),
    'users.create id': (value) => users.create({ username: name(), id: value }),
    'users.create username': (value) => users.create({ username: value }),
    'users.create password': (value) =>
      users.create({ username: name(), password: value }),
    'users.create email': (value) => users.create({ username: name(), email: value }),
    'users.create active': (value) => users.create({ username: name(), active: value }),
    'users.create roles': (value) => users.create({ username: name(), roles: value }),
    'users.create a role': (value) => users.create({ username: name(), roles: [value] }),
    'users.create attributes': (value) =>
      users.create({ username: name(), attributes: value }),
    'users.create an attribute': (value) =>
      users.create({ username: name(), attributes: { value } }),
    'users.create a name of an attribute': (value) =>
      users.create({ username: name(), attributes: { [String(value)]: 1 } }),
    'users.find': (value) => users.find(value),
    'users.find id': (value) => users.find({ id: value }),
    'users.find email': (value) => users.find({ email: value }),
    'users.list limit': (value) => users.list({ limit: value }),
    'users.list after': (value) => users.list({ after: value }),
    'users.setPassword id': (value) => users.setPassword(value, password),
    'users.setPassword': (value) => users.setPassword(id, value),
    'users.checkPassword id': (value) => users.checkPassword(value, password),
    'users.checkPassword': (value) => users.checkPassword(id, value),
    'users.change id': (value) => users.change(value, { staff: true }),
    'users.change': (value) => users.change(id, value),
    'users.change email': (value) => users.change(id, { email: value }),
    'users.change roles': (value) => users.change(id, { roles: value }),
    'users.change an attribute': (value) => users.change(id, { attributes: { value } }),
    'users.delete': (value) => users.delete(value),
    'sessions.list': (value) => sessions.list(value),
    'sessions.revoke': (value) => sessions.revoke(value),
    'sessions.revokeAll': (value) => sessions.revokeAll(value),
    'sessions.revokeAll except': (value) => sessions.revokeAll(id, value),
    'apiTokens.create user': (value) => apiTokens.create(value),
    'apiTokens.create name': (value) => apiTokens.create(id, { name: value }),
    'apiTokens.create scopes': (value) => apiTokens.create(id, { scopes: value }),
    'apiTokens.create a scope': (value) => apiTokens.create(id, { scopes: [value] }),
    'apiTokens.create expiresIn': (value) => apiTokens.create(id, { expiresIn: value }),
    'apiTokens.create prefix': (value) => apiTokens.create(id, { prefix: value }),
    'apiTokens.keyFor': (value) => apiTokens.keyFor(value),
    'apiTokens.list': (value) => apiTokens.list(value),
    'apiTokens.revoke': (value) => apiTokens.revoke(value),
    'apiTokens.revokeAll': (value) => apiTokens.revokeAll(value),
    'events.list userId': (value) => events.list({ userId: value }),
    'events.list kind': (value) => events.list({ kind: value }),
    'events.list since': (value) => events.list({ since: value }),
    'events.list limit': (value) => events.list({ limit: value }),
    'events.list after.id': (value) => events.list({ after: { id: value, at: 0 } }),
    'events.list after.at': (value) => events.list({ after: { id: '', at: value } }),
    'events.by': async (value) =>
      events.by(value, () => users.change(id, { staff: false })),
    signIn: (value) => auth.signIn(value),
    'signIn id': (value) => auth.signIn({ id: value }),
  }
}

/** The result of a call, comparable between databases. @throws AssertionError if it is an error that is no client's fault */
export async function outcomeOf(
  call: Call,
  value: unknown,
  what: string,
): Promise<string> {
  try {
    await call(value as never)
    return 'done'
  } catch (error) {
    assert.ok(error instanceof AuthError, `${what}: ${String(error)}`)
    assert.ok(
      error.status < 500 || error.code === 'invalid_config',
      `${what}: ${error.code}`,
    )
    return error.code
  }
}
