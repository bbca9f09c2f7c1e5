import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FetchRequest } from './fetch-request.ts'

const asking = (...values: readonly string[]): FetchRequest => {
  const headers = new Headers()
  for (const value of values) headers.append('authorization', value)
  return new FetchRequest(new Request('https://api.example/a%20b/?q=1', { headers }), {
    address: '192.0.2.1',
  })
}

for (const [name, values] of [
  ['a token', ['Bearer a.b.c']],
  ['parameters', ['Digest username="ada", uri="/x", nc=00000001, response="0a"']],
  ['a comma in quotation marks', ['Digest realm="one, Bearer two", nonce="a\\", b"']],
  ['nothing', []],
] as const) {
  test(`one Authorization header is read: ${name}`, () => {
    assert.equal(asking(...values).header('authorization'), values[0])
  })
}

for (const [name, values] of [
  ['two tokens', ['Bearer a.b.c', 'Bearer a.b.c']],
  ['two schemes', ['Token x', 'Basic eDp5']],
  ['an empty one behind', ['Bearer a.b.c', '']],
  ['an empty one in front', ['', 'Bearer a.b.c']],
  ['a padded token behind', ['Bearer a', 'eDp5eg==']],
  ['parameters and a token', ['Digest username="ada"', 'Bearer a.b.c']],
  ['a token and parameters', ['Bearer a.b.c', 'Digest username="ada", nc=1']],
] as const) {
  test(`several Authorization headers are rejected: ${name}`, () => {
    assert.throws(() => asking(...values).header('authorization'), {
      code: 'bad_authorization_header',
    })
  })
}

test('the method, target, address and TLS come from the runtime', () => {
  const { method, url, address, secure } = asking()

  assert.deepEqual(
    { method, url, address, secure },
    {
      method: 'GET',
      url: '/a%20b/?q=1',
      address: '192.0.2.1',
      secure: true,
    },
  )
})

test('a body that another reader allowed to be larger is too large for one with a lower limit', async () => {
  const sent = new Request('http://localhost/', { method: 'POST', body: 'x'.repeat(11) })
  const request = new FetchRequest(sent)
  assert.equal((await request.body(20)).length, 11)
  await assert.rejects(request.takeBody(10), { code: 'body_too_large' })
})
