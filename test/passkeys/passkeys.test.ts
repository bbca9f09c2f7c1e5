import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiToken, bearer } from '../../src/authentication.ts'
import { testInstance } from '../../src/testing/index.ts'
import { addTotp, PASSWORD, passwordOf, signIn } from '../second-factors/setup.ts'
import { Authenticator } from './authenticator.ts'
import { addPasskey, passkeyApp, signInOptions, signInWith } from './setup.ts'

const REFUSED = {
  status: 401,
  body: { detail: 'No active account found with the given credentials' },
}

const INVALID = {
  status: 400,
  body: { detail: 'The code is invalid or has expired.', code: 'invalid_code' },
}

test('a user adds a passkey, sees it, and signs in with it and nothing else', async () => {
  await using instance = await passkeyApp()
  const { authenticator, id, headers, added } = await addPasskey(instance)
  assert.deepEqual(added.body, {
    id,
    label: 'Phone',
    created_at: '2030-01-01T00:00:00.000Z',
    last_used_at: null,
    aaguid: '00000000-0000-0000-0000-000000000000',
    transports: ['internal'],
    backed_up: false,
    suspended: false,
    recovery_codes: [],
  })
  const answer = await signInWith(instance, authenticator)
  assert.equal(answer.status, 200)
  assert.deepEqual(Object.keys(answer.body).toSorted(), ['access', 'refresh'])
  const [event] = await instance.auth.events.list({ kind: 'signed_in', limit: 1 })
  assert.deepEqual(event?.detail, { methods: ['hwk', 'user'] })
  const listed = await instance.request('GET', '/auth/passkeys/', headers)
  assert.equal(listed.body[0].last_used_at, '2030-01-01T00:00:00.000Z')
})

test('the export of an account has its passkeys and authenticators, and no secret of them', async () => {
  await using instance = await passkeyApp({ accounts: true, secondFactors: true })
  const { id, credential } = await addPasskey(instance)
  await addTotp(instance)

  const headers = await instance.as('ada')
  const { status, body } = await instance.request('GET', '/auth/me/export/', headers)

  assert.equal(status, 200)
  assert.deepEqual(body.passkeys, [
    {
      id,
      label: 'Phone',
      created_at: '2030-01-01T00:00:00.000Z',
      last_used_at: null,
      aaguid: '00000000-0000-0000-0000-000000000000',
      transports: ['internal'],
      backed_up: false,
      suspended: false,
    },
  ])
  assert.deepEqual(
    body.factors.map(({ kind }: { kind: string }) => kind),
    ['totp'],
  )
  for (const each of [...body.sessions, ...body.events])
    assert.match(each.created_at ?? each.at, /^2030-01-01T00:00:\d\d\.000Z$/)
  const text = JSON.stringify(body)
  assert.ok(!text.includes(credential.id) && !/secret|publicKey|digest/.test(text), text)
})

test('the options name the domain, ask for user verification, and have no name of the user as handle', async () => {
  await using instance = await passkeyApp({ passkeys: { rpName: 'Example' } })
  const { headers, authenticator } = await addPasskey(instance)
  const { body } = await instance.post('/auth/passkeys/options/', {}, headers)
  assert.deepEqual(body.rp, { name: 'Example', id: 'app.example.com' })
  assert.equal(body.authenticatorSelection.userVerification, 'required')
  assert.equal(body.authenticatorSelection.residentKey, 'required')
  assert.equal(body.attestation, 'none')
  assert.deepEqual(
    body.excludeCredentials.map(({ id }: { id: string }) => id),
    [authenticator.id],
  )
  const handle = Buffer.from(body.user.id, 'base64url')
  assert.equal(handle.length, 32)
  assert.doesNotMatch(handle.toString('latin1'), /ada/)
})

test('EX-01 a challenge works once, for a registration and for a sign-in', async () => {
  await using instance = await passkeyApp()
  const { authenticator, headers, credential } = await addPasskey(instance)
  assert.deepEqual(
    await instance.post('/auth/passkeys/', { credential }, headers),
    INVALID,
  )
  const options = await signInOptions(instance)
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      instance.post('/auth/passkeys/sign-in/', {
        credential: authenticator.get(options),
      }),
    ),
  )
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  assert.deepEqual(
    answers.find(({ status }) => status !== 200),
    REFUSED,
  )
})

test('EX-02 a challenge is void after five minutes', async () => {
  await using instance = await passkeyApp()
  const { authenticator } = await addPasskey(instance)
  const early = authenticator.get(await signInOptions(instance))
  const late = authenticator.get(await signInOptions(instance))
  instance.clock.advance(299)
  const send = (credential: object) =>
    instance.post('/auth/passkeys/sign-in/', { credential })
  assert.equal((await send(early)).status, 200)
  instance.clock.advance(1)
  assert.deepEqual(await send(late), REFUSED)
})

test('EX-03 another origin, domain, challenge or key is refused', async () => {
  await using instance = await passkeyApp()
  const { authenticator, headers } = await addPasskey(instance)
  const registrationChallenge = (
    await instance.post('/auth/passkeys/options/', {}, headers)
  ).body.challenge
  for (const deviation of [
    { origin: 'https://evil.example.com' },
    { origin: 'http://app.example.com' },
    { rpId: 'example.com' },
    { challenge: 'A'.repeat(43) },
    { challenge: '' },
    { challenge: registrationChallenge },
  ])
    assert.deepEqual(
      await signInWith(instance, authenticator, deviation),
      REFUSED,
      JSON.stringify(deviation),
    )
  const stranger = new Authenticator()
  stranger.create((await instance.post('/auth/passkeys/options/', {}, headers)).body)
  assert.deepEqual(await signInWith(instance, stranger), REFUSED)
  assert.deepEqual(
    await signInWith(instance, stranger, { id: authenticator.id }),
    REFUSED,
    'the signature of another key',
  )
  const { body } = await instance.post('/auth/passkeys/options/', {}, headers)
  const made = new Authenticator().create(body, { origin: 'https://evil.example.com' })
  const { status } = await instance.post('/auth/passkeys/', { credential: made }, headers)
  assert.equal(status, 400)
  assert.equal((await signInWith(instance, authenticator)).status, 200)
})

test('EX-04 a counter that does not advance is refused and recorded, and none is fine', async () => {
  await using instance = await passkeyApp()
  const counting = await addPasskey(instance, new Authenticator({ counter: 7 }))
  const { authenticator } = counting
  assert.equal((await signInWith(instance, authenticator)).status, 200)
  for (const counter of [8, 7, 0])
    assert.deepEqual(await signInWith(instance, authenticator, { counter }), REFUSED)
  const events = await instance.auth.events.list({ kind: 'passkey_counter_regressed' })
  assert.deepEqual(
    events.map(({ detail }) => detail?.counter),
    [0, 7, 8],
  )
  assert.equal(events[0]?.detail?.factor, counting.id)
  assert.equal((await signInWith(instance, authenticator, { counter: 99 })).status, 200)

  const silent = await addPasskey(instance)
  for (let n = 0; n < 2; n++)
    assert.equal((await signInWith(instance, silent.authenticator)).status, 200)
})

test('EX-04 without the right signature a counter is not recorded', async () => {
  await using instance = await passkeyApp()
  const counting = new Authenticator({ counter: 7 })
  const { authenticator, headers } = await addPasskey(instance, counting)
  const stranger = new Authenticator()
  stranger.create((await instance.post('/auth/passkeys/options/', {}, headers)).body)
  const forged = { id: authenticator.id, counter: 1 }
  assert.deepEqual(await signInWith(instance, stranger, forged), REFUSED)
  assert.deepEqual(
    await instance.auth.events.list({ kind: 'passkey_counter_regressed' }),
    [],
  )
})

test('EX-05 the last way to sign in stays, also of two that are removed at once', async () => {
  await using instance = await passkeyApp()
  await instance.auth.users.create({ username: 'bob' })
  const first = await addPasskey(instance, new Authenticator(), 'bob')
  const second = await addPasskey(instance, new Authenticator(), 'bob')
  const remove = (id: string) =>
    instance.request('DELETE', `/auth/passkeys/${id}/`, first.headers, {})
  const answers = await Promise.all([remove(first.id), remove(second.id)])
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [204, 400])
  const left = await instance.request('GET', '/auth/passkeys/', first.headers)
  assert.equal(left.body.length, 1)
  assert.deepEqual(await remove(left.body[0].id), {
    status: 400,
    body: {
      non_field_errors: [
        'This is the last way to sign in: add another passkey or set a password first.',
      ],
    },
  })

  const ada = await addPasskey(instance)
  assert.equal((await remove(ada.id)).status, 404, 'of another user')
  const { status } = await instance.request(
    'DELETE',
    `/auth/passkeys/${ada.id}/`,
    ada.headers,
    { current_password: PASSWORD },
  )
  assert.equal(status, 204)
  assert.deepEqual(await signInWith(instance, ada.authenticator), REFUSED)
})

test('EX-06 options to sign in name no user and no passkey', async () => {
  await using instance = await passkeyApp()
  const empty = await signInOptions(instance)
  await addPasskey(instance)
  const { body } = await instance.post('/auth/passkeys/sign-in/options/', {
    username: 'ada',
  })
  assert.notEqual(body.challenge, empty.challenge)
  assert.match(body.challenge, /^[\w-]{43}$/)
  assert.deepEqual({ ...body, challenge: '' }, { ...empty, challenge: '' })
  assert.deepEqual(body.allowCredentials ?? [], [])
})

test('EX-07 the user handle must be that of the owner', async () => {
  await using instance = await passkeyApp()
  const { authenticator } = await addPasskey(instance)
  await instance.auth.users.create({ username: 'bob' })
  const headers = await instance.as('bob')
  const options = await instance.post('/auth/passkeys/options/', {}, headers)
  for (const userHandle of [options.body.user.id, 'AAAA', undefined])
    assert.deepEqual(await signInWith(instance, authenticator, { userHandle }), REFUSED)
})

test('EX-08 without user verification a passkey is neither added nor accepted', async () => {
  await using instance = await passkeyApp()
  const { authenticator, headers } = await addPasskey(instance)
  const unverified = { isUserVerified: false }
  assert.deepEqual(await signInWith(instance, authenticator, unverified), REFUSED)
  const { body } = await instance.post('/auth/passkeys/options/', {}, headers)
  const credential = new Authenticator().create(body, unverified)
  assert.deepEqual(
    await instance.post('/auth/passkeys/', { credential }, headers),
    INVALID,
  )
})

test('EX-09 a registration that is not finished leaves nothing, and the next one works', async () => {
  await using instance = await passkeyApp()
  const headers = await instance.as('ada')
  const abandoned = await instance.post('/auth/passkeys/options/', {}, headers)
  const { authenticator } = await addPasskey(instance)
  assert.equal((await signInWith(instance, authenticator)).status, 200)
  const credential = new Authenticator().create(abandoned.body)
  assert.deepEqual(
    await instance.post('/auth/passkeys/', { credential }, headers),
    INVALID,
    'superseded',
  )
})

test('EX-10 an inactive or deleted user is refused as a wrong passkey is', async () => {
  await using instance = await passkeyApp()
  const { authenticator } = await addPasskey(instance)
  const ada = (await instance.auth.users.find('ada'))!
  await instance.auth.users.change(ada.id, { active: false })
  assert.deepEqual(await signInWith(instance, authenticator), REFUSED)
  await instance.auth.users.delete(ada.id)
  assert.deepEqual(await signInWith(instance, authenticator), REFUSED)
})

test('a challenge of one user, or of before a new password, adds no passkey', async () => {
  await using instance = await passkeyApp()
  await instance.auth.users.create({ username: 'bob' })
  const [ada, bob] = [await instance.as('ada'), await instance.as('bob')]
  const forAda = (await instance.post('/auth/passkeys/options/', {}, ada)).body
  const foreign = { credential: new Authenticator().create(forAda) }
  assert.deepEqual(await instance.post('/auth/passkeys/', foreign, bob), INVALID)

  const forBob = (await instance.post('/auth/passkeys/options/', {}, bob)).body
  const user = (await instance.auth.users.find('bob'))!
  await instance.auth.users.setPassword(user.id, 'vx93-kq0a-pl5e-tt21')
  const late = { credential: new Authenticator().create(forBob) }
  const again = await instance.as('bob')
  assert.deepEqual(await instance.post('/auth/passkeys/', late, again), INVALID)
})

test('a passkey belongs to one user', async () => {
  await using instance = await passkeyApp()
  const { authenticator } = await addPasskey(instance)
  await instance.auth.users.create({ username: 'bob' })
  const headers = await instance.as('bob')
  const { body } = await instance.post('/auth/passkeys/options/', {}, headers)
  const credential = authenticator.create(body)
  assert.deepEqual(await instance.post('/auth/passkeys/', { credential }, headers), {
    status: 400,
    body: { credential: ['This passkey cannot be added.'] },
  })
})

test('passkeys are added and removed with a sign-in of the last ten minutes, or the password', async () => {
  await using instance = await passkeyApp({ tokens: { access: '1h' } })
  const { id, headers } = await addPasskey(instance)
  instance.clock.advance('11m')
  const begin = (body: object) => instance.post('/auth/passkeys/options/', body, headers)
  assert.equal((await begin({})).body.code, 'insufficient_user_authentication')
  assert.deepEqual(await begin({ current_password: 'wrong' }), {
    status: 400,
    body: { current_password: ['Invalid password.'] },
  })
  assert.equal((await begin({ current_password: PASSWORD })).status, 200)
  const remove = (body: object) =>
    instance.request('DELETE', `/auth/passkeys/${id}/`, headers, body)
  assert.equal((await remove({})).body.code, 'insufficient_user_authentication')
  assert.equal((await remove({ current_password: PASSWORD })).status, 204)
})

test('an API token neither lists nor adds passkeys', async () => {
  await using instance = await passkeyApp({ authentication: [bearer(), apiToken()] })
  const { id } = (await instance.auth.users.find('ada'))!
  const { token: key } = await instance.auth.apiTokens.create(id, { name: 'script' })
  const headers = { authorization: `Token ${key}` }
  assert.equal((await instance.post('/auth/passkeys/options/', {}, headers)).status, 403)
  assert.equal((await instance.request('GET', '/auth/passkeys/', headers)).status, 403)
})

test('a passkey is renamed by its owner only', async () => {
  await using instance = await passkeyApp()
  const { id, headers } = await addPasskey(instance)
  await instance.auth.users.create({ username: 'bob' })
  const rename = (as: Record<string, string>) =>
    instance.request('PATCH', `/auth/passkeys/${id}/`, as, { label: 'Laptop' })
  assert.equal((await rename(await instance.as('bob'))).status, 404)
  assert.equal((await rename(headers)).status, 204)
  const { body } = await instance.request('GET', '/auth/passkeys/', headers)
  assert.equal(body[0].label, 'Laptop')
})

test('what is no answer of a browser is a 400 that names the field', async () => {
  await using instance = await passkeyApp()
  const { authenticator, headers } = await addPasskey(instance)
  const good = authenticator.get(await signInOptions(instance))
  const { response } = good
  for (const credential of [
    undefined,
    null,
    'text',
    [],
    {},
    { ...good, id: 7 },
    { ...good, id: 'a b' },
    { ...good, response: { ...response, signature: 'A'.repeat(20_000) } },
    { ...good, response: { ...response, clientDataJSON: null } },
  ])
    for (const [path, as] of [
      ['/auth/passkeys/sign-in/', {}],
      ['/auth/passkeys/', headers],
    ] as const) {
      const { status, body } = await instance.post(path, { credential }, as)
      assert.equal(status, 400, JSON.stringify(credential))
      assert.deepEqual(Object.keys(body), ['credential'])
    }
  const garbled = { ...response, authenticatorData: 'AAAA', signature: 'AAAA' }
  assert.deepEqual(
    await instance.post('/auth/passkeys/sign-in/', {
      credential: { ...good, response: garbled },
    }),
    REFUSED,
  )
})

test('a verified passkey is two factors, an unverified one is asked for another', async () => {
  await using instance = await passkeyApp({
    secondFactors: true,
    passkeys: { userVerification: 'preferred' },
  })
  const { secret } = await addTotp(instance)
  const { authenticator, added } = await addPasskey(instance)
  assert.deepEqual(added.body.recovery_codes, [], 'there are some already')
  assert.equal((await signInWith(instance, authenticator)).status, 200)

  const first = await signInWith(instance, authenticator, { isUserVerified: false })
  assert.equal(first.status, 403)
  assert.deepEqual(first.body.methods, ['totp', 'recovery'])
  const { ticket } = first.body
  const options = await instance.post('/auth/second-factor/passkey/options/', { ticket })
  assert.deepEqual(options, INVALID, 'the same passkey is no second factor')
  const second = await instance.post('/auth/second-factor/', {
    ticket,
    code: passwordOf(secret, instance),
  })
  assert.equal(second.status, 200)
  const [event] = await instance.auth.events.list({ kind: 'signed_in', limit: 1 })
  assert.deepEqual(event?.detail, { methods: ['hwk', 'otp'] })
})

test('with secondFactors a passkey is the second step of a password, and comes with recovery codes', async () => {
  await using instance = await passkeyApp({ secondFactors: true })
  const { authenticator, added, id, headers } = await addPasskey(
    instance,
    new Authenticator({ isSyncable: true }),
  )
  assert.equal(added.body.recovery_codes.length, 10)
  assert.equal(added.body.backed_up, true)
  const first = await signIn(instance)
  assert.equal(first.status, 403)
  assert.deepEqual(first.body.methods, ['passkey', 'recovery'])
  const { ticket } = first.body
  const begin = async () =>
    (await instance.post('/auth/second-factor/passkey/options/', { ticket })).body
  const finish = (body: object) => instance.post('/auth/second-factor/passkey/', body)

  const options = await begin()
  assert.deepEqual(
    options.allowCredentials.map((each: { id: string }) => each.id),
    [authenticator.id],
  )
  const other = (await signIn(instance)).body.ticket
  assert.deepEqual(
    await finish({ ticket: other, credential: authenticator.get(options) }),
    INVALID,
    'another ticket',
  )
  const unbound = authenticator.get(await signInOptions(instance))
  assert.deepEqual(await finish({ ticket, credential: unbound }), INVALID)
  const bound = authenticator.get(await begin())
  assert.deepEqual(
    await instance.post('/auth/passkeys/sign-in/', { credential: bound }),
    REFUSED,
    'a challenge of a second step signs nobody in alone',
  )

  const credential = authenticator.get(await begin(), { userHandle: undefined })
  assert.equal((await finish({ ticket, credential })).status, 200)
  const [event] = await instance.auth.events.list({ kind: 'signed_in', limit: 1 })
  assert.deepEqual(event?.detail, { methods: ['pwd', 'swk', 'user'] })
  assert.deepEqual(
    await instance.post('/auth/second-factor/passkey/options/', { ticket }),
    INVALID,
    'a ticket works once',
  )

  const factors = await instance.request('GET', '/auth/factors/', headers)
  assert.deepEqual(factors.body, [])
  const { status } = await instance.request(
    'DELETE',
    `/auth/passkeys/${id}/`,
    headers,
    {},
  )
  assert.equal(status, 204)
  assert.equal((await signIn(instance)).status, 200)
})

test("another user's passkey is no second step", async () => {
  await using instance = await passkeyApp({ secondFactors: true })
  await addPasskey(instance)
  await instance.auth.users.create({ username: 'bob', password: PASSWORD })
  const bob = await addPasskey(instance, new Authenticator(), 'bob')
  const { ticket } = (await signIn(instance)).body
  const options = await instance.post('/auth/second-factor/passkey/options/', { ticket })
  const credential = bob.authenticator.get(options.body)
  assert.deepEqual(
    await instance.post('/auth/second-factor/passkey/', { ticket, credential }),
    INVALID,
  )
})

test('a mail tells the user of a passkey that was added, and of one that was removed', async () => {
  const transport = async () => {}
  await using instance = await passkeyApp({ mail: { transport } })
  const { id, headers } = await addPasskey(instance)
  assert.deepEqual(
    (await instance.mail()).map(({ to }) => to),
    ['ada@example.com'],
  )
  await instance.request('DELETE', `/auth/passkeys/${id}/`, headers, {})
  assert.equal((await instance.mail()).length, 2)
  const kinds = ['factor_added', 'factor_removed'] as const
  for (const kind of kinds) {
    const [event] = await instance.auth.events.list({ kind })
    assert.equal(event?.detail?.factor, id)
  }
})

test('a user without a password keeps no passkey if codes to sign in with reach an address', async () => {
  const transport = async () => {}
  await using instance = await passkeyApp({
    mail: { transport },
    accounts: { signInCodes: true },
  })
  await instance.auth.users.create({ username: 'bob', email: 'bob@example.com' })
  const { id, headers } = await addPasskey(instance, new Authenticator(), 'bob')
  const { status } = await instance.request(
    'DELETE',
    `/auth/passkeys/${id}/`,
    headers,
    {},
  )
  assert.equal(status, 204)
})

test('a user has twenty passkeys at most', async () => {
  await using instance = await passkeyApp()
  for (let n = 0; n < 20; n++) await addPasskey(instance)
  const headers = await instance.as('ada')
  assert.deepEqual(await instance.post('/auth/passkeys/options/', {}, headers), {
    status: 400,
    body: { non_field_errors: ['You have too many passkeys: remove one.'] },
  })
})

test('who acts as a user adds no passkey', async () => {
  await using instance = await passkeyApp()
  const admin = await instance.auth.users.create({ username: 'root', staff: true })
  const ada = (await instance.auth.users.find('ada'))!
  const { access } = await instance.auth.signIn(ada.id, { actor: admin.id })
  const headers = { authorization: `Bearer ${access}` }
  const { status } = await instance.post('/auth/passkeys/options/', {}, headers)
  assert.equal(status, 403)
})

test('options are limited by client', async () => {
  await using instance = await passkeyApp()
  for (let n = 0; n < 300; n++) await signInOptions(instance)
  const limited = await instance.post('/auth/passkeys/sign-in/options/', {})
  assert.equal(limited.status, 429)
  instance.clock.advance('11m')
  const later = await instance.post('/auth/passkeys/sign-in/options/', {})
  assert.equal(later.status, 200)
})

test('a start without a domain, or with a wrong one, says what to set', async () => {
  for (const [options, message] of [
    [
      {},
      /set url: "https:\/\/app\.example\.com" \(WATCHWORD_URL\), or passkeys: \{ rpId/,
    ],
    [{ url: 'http://127.0.0.1:8000' }, /browsers take no IP address/],
    [
      { url: 'https://app.example.com', passkeys: { rpId: 'example.org' } },
      /none of the origins https:\/\/app\.example\.com belongs to rpId "example\.org"/,
    ],
  ] as const) {
    await using instance = testInstance({ passkeys: true, ...options })
    await assert.rejects(instance.auth.users.find('ada'), { message })
  }
  assert.throws(
    () => testInstance({ passkeys: { origins: ['https://app.example.com/'] } }),
    /passkeys/,
  )
  await using below = testInstance({
    url: 'https://app.example.com',
    passkeys: { rpId: 'example.com' },
  })
  assert.equal(await below.auth.users.find('ada'), undefined)
})
