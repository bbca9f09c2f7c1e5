import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { effortOfMegabyte, leastEffort } from '../../test/time.ts'
import {
  minimumLength,
  STRENGTH_RULES,
  type StrengthRule,
  weaknessesOf,
} from './strength.ts'

interface DjangoVerdicts {
  readonly people: readonly {
    username: string
    first_name: string
    last_name: string
    email: string
  }[]
  readonly cases: readonly [
    person: number,
    password: string,
    faults: readonly [code: string, message: string][],
  ][]
}
const django = JSON.parse(
  readFileSync(
    new URL('../../test/data/passwords/django-strength.json', import.meta.url),
    'utf8',
  ),
) as DjangoVerdicts

const people = django.people.map(({ username, first_name, last_name, email }) => ({
  username,
  'first name': first_name,
  'last name': last_name,
  'email address': email,
}))

test("the weaknesses are Django's, in its words and order", async () => {
  for (const [person, password, faults] of django.cases) {
    const weaknesses = await weaknessesOf(password, people[person]!)

    assert.deepEqual(
      weaknesses.map(({ code, message }) => [code, message]),
      faults,
      `${JSON.stringify(password)} of ${people[person]!.username}`,
    )
  }
})

test('a missing or empty attribute is similar to no password', async () => {
  assert.deepEqual(
    await weaknessesOf('correct horse battery', {
      username: undefined,
      age: 36,
      email: '',
    }),
    [],
  )
})

test('minimumLength can be configured, and its message has the singular for one', async () => {
  assert.deepEqual(await weaknessesOf('x', {}, [minimumLength(1)]), [])
  assert.deepEqual(await weaknessesOf('', {}, [minimumLength(1)]), [
    {
      code: 'password_too_short',
      message: 'This password is too short. It must contain at least 1 character.',
    },
  ])
  assert.equal(
    (await weaknessesOf('fourteen chars', {}, [minimumLength(15)]))[0]?.code,
    'password_too_short',
  )
})

test('a custom rule works beside the default ones', async () => {
  const noName: StrengthRule = (password) =>
    password.includes('acme')
      ? { code: 'service_name', message: 'This password contains our name.' }
      : undefined

  const [weakness] = await weaknessesOf('acme-acme-acme', {}, [...STRENGTH_RULES, noName])

  assert.equal(weakness?.code, 'service_name')
})

test('a password with a line break does not match two entries of the list', async () => {
  assert.deepEqual(await weaknessesOf('x\nqwertyuiop\nx', {}), [])
})

test('comparing long passwords with long names takes linear time', async () => {
  const effort = (times: number): Promise<number> =>
    leastEffort(() =>
      weaknessesOf('ab'.repeat(2048), {
        username: 'ab '.repeat(50_000 * times),
        'first name': `${'ab'.repeat(300)} `.repeat(300 * times),
        'last name': 'ab'.repeat(100_000 * times),
      }),
    )
  const once = await effort(1)
  const fourTimes = await effort(4)

  assert.ok(once < 1000 * effortOfMegabyte(), `${once} ms`)
  assert.ok(
    fourTimes < 8 * once,
    `${fourTimes} ms for four times the input, which once takes ${once} ms`,
  )
})
