import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { parseAddress } from './address.ts'
import { loadDriver } from './driver.ts'

before(loadDriver)

const URL = 'postgres://ann:pw@db.example:5433/app'

test('connect_timeout of an address is honoured, in seconds', () => {
  const timeoutOf = (query: string) =>
    parseAddress(`${URL}${query}`).client.connectionTimeoutMillis
  assert.equal(timeoutOf('?connect_timeout=7'), 7000)
  assert.equal(timeoutOf('?pool=3&connect_timeout=45&sslmode=disable'), 45_000)
  assert.ok(
    Number(timeoutOf('')) > 1500,
    'a server that wakes up in 1.5 seconds is waited for',
  )
})

for (const value of ['0', '-1', '1.5', 'soon', '', '301'])
  test(`connect_timeout=${value} is refused`, () => {
    assert.throws(() => parseAddress(`${URL}?connect_timeout=${value}`), {
      code: 'invalid_config',
      message: /"connect_timeout".*1 to 300/,
    })
  })

for (const name of [
  'statement_timeout',
  'keepalives_idle',
  'target_session_attrs',
  'Pool',
  'schema',
  'max',
])
  test(`the parameter ${name}, which would have no effect, is refused`, () => {
    assert.throws(() => parseAddress(`${URL}?sslmode=disable&${name}=5`), {
      code: 'invalid_config',
      message: new RegExp(`parameter "${name}".*connect_timeout`),
    })
  })

test('the parameters that have an effect are accepted', () => {
  const query =
    '?sslmode=disable&application_name=a&options=-c%20search_path%3Dauth&client_encoding=utf8&pool=4'
  assert.equal(parseAddress(`${URL}${query}`).pool, 4)
  assert.equal(parseAddress('postgres:///app?host=/run/postgresql').pool, 10)
})
