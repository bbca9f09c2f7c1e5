import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuthError } from '../../base/errors.ts'
import { endpointRouter } from '../../http/endpoint-router.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { IssuedToken } from '../core.ts'
import { blacklist } from './blacklist.ts'
import { verify } from './verify.ts'

const SLIDING: IssuedToken = { type: 'sliding', field: 'token' }

const post = (body: object): AuthRequest => ({
  method: 'POST',
  url: '/',
  address: '127.0.0.1',
  secure: false,
  header: (name) => (name === 'content-type' ? 'application/json' : undefined),
  body: async () => Buffer.from(JSON.stringify(body)),
})

/** An instance that cannot be opened: what gets as far as that has valid fields. */
const open = async () => {
  throw new AuthError('malformed')
}

function askBlacklist(issued: readonly IssuedToken[], body: object) {
  const section = () =>
    ({ headerTypes: ['Bearer'], headerName: 'Authorization' }) as never
  const settings = {
    loginField: 'username',
    authentication: [],
    issued,
    section,
    behindProxy: false,
    isProduction: false,
    userFields: {},
    surface: () => assert.fail('no document is made'),
    url: undefined,
  } as const
  const endpoint = { ...blacklist.create(settings, open), path: '/' }
  const failed = (error: unknown): never => assert.fail(error as Error)
  const answer = endpointRouter([endpoint], { challenge: 'Bearer', failed })('/')
  assert.ok(answer)
  return answer(post(body))
}

test('a blacklisted token is answered with 400 at the verify endpoint', () => {
  const error = verify.errorFor(new AuthError('revoked'))
  assert.equal(error.status, 400)
  assert.deepEqual(error.body, { non_field_errors: ['Token is blacklisted'] })
})

test('the blacklist takes a sliding token if sliding tokens are issued, and only then (D34)', async () => {
  const sent = { token: 'a' }
  assert.equal((await askBlacklist([SLIDING], sent)).status, 401)
  const { status, body } = await askBlacklist([], sent)
  assert.equal(status, 400)
  assert.equal(body, '{"refresh":["This field is required."]}')
})
