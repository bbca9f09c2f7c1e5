import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiToken, basic, bearer } from '../../src/authentication.ts'
import { addTotp, app, PASSWORD, passwordOf, signIn } from './setup.ts'

const WRONG = {
  status: 400,
  body: { detail: 'The code is invalid or has expired.', code: 'invalid_code' },
}

test('a user with an authenticator gets a ticket for the password, and tokens for ticket and code', async () => {
  await using instance = await app()
  assert.equal((await signIn(instance)).status, 200)
  const { secret } = await addTotp(instance)

  const first = await signIn(instance)
  assert.equal(first.status, 403)
  const { ticket, ...rest } = first.body
  assert.deepEqual(rest, {
    detail: 'A second factor is required.',
    code: 'mfa_required',
    methods: ['totp', 'recovery'],
  })
  const second = await instance.post('/auth/second-factor/', {
    ticket,
    code: passwordOf(secret, instance),
  })
  assert.equal(second.status, 200)
  assert.deepEqual(Object.keys(second.body).toSorted(), ['access', 'refresh'])
  const events = await instance.auth.events.list({ kind: 'signed_in', limit: 1 })
  assert.deepEqual(events[0]?.detail, { methods: ['pwd', 'otp'] })
})

test('a password of an authenticator works once, also for another ticket, and none of an earlier step after it', async () => {
  await using instance = await app()
  const { secret } = await addTotp(instance)
  const code = passwordOf(secret, instance)
  const earlier = passwordOf(secret, instance, -1)
  const tickets = [await signIn(instance), await signIn(instance), await signIn(instance)]
  const redeem = (n: number, text: string) =>
    instance.post('/auth/second-factor/', { ticket: tickets[n]!.body.ticket, code: text })

  assert.equal((await redeem(0, code)).status, 200)
  assert.deepEqual(await redeem(1, code), WRONG)
  assert.deepEqual(await redeem(1, earlier), WRONG)
  assert.deepEqual(await redeem(0, passwordOf(secret, instance, 1)), WRONG, 'used ticket')
  assert.equal((await redeem(2, passwordOf(secret, instance, 1))).status, 200)
})

test('of fifty requests with one ticket and one password, one gets tokens', async () => {
  await using instance = await app()
  const { secret } = await addTotp(instance)
  const { ticket } = (await signIn(instance)).body
  const code = passwordOf(secret, instance)
  const answers = await Promise.all(
    Array.from({ length: 50 }, () =>
      instance.post('/auth/second-factor/', { ticket, code }),
    ),
  )
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  assert.equal((await instance.auth.sessions.list('ada')).length <= 2, true)
})

test('a recovery code works once, typed in any case and grouping', async () => {
  await using instance = await app()
  const { codes } = await addTotp(instance)
  assert.equal(new Set(codes).size, 10)
  for (const code of codes) assert.match(code, /^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/)
  const use = async (code: string) => {
    const { ticket } = (await signIn(instance)).body
    return instance.post('/auth/second-factor/', { ticket, code })
  }
  const typed = codes[0]!.toUpperCase().replaceAll('-', ' ')
  assert.equal((await use(typed)).status, 200)
  assert.deepEqual(await use(codes[0]!), WRONG)
  assert.equal((await use(codes[9]!)).status, 200)
})

test('after five wrong codes a ticket is void, and after ten in an hour no code is compared', async () => {
  await using instance = await app()
  const { secret } = await addTotp(instance)
  const right = () => passwordOf(secret, instance)
  const first = (await signIn(instance)).body.ticket
  for (let n = 0; n < 5; n++)
    assert.deepEqual(
      await instance.post('/auth/second-factor/', { ticket: first, code: '000000' }),
      WRONG,
    )
  assert.deepEqual(
    await instance.post('/auth/second-factor/', { ticket: first, code: right() }),
    WRONG,
    'five attempts',
  )
  const second = (await signIn(instance)).body.ticket
  for (let n = 0; n < 4; n++)
    await instance.post('/auth/second-factor/', { ticket: second, code: '000000' })
  const third = (await signIn(instance)).body.ticket
  await instance.post('/auth/second-factor/', { ticket: third, code: '000000' })
  const limited = await instance.post('/auth/second-factor/', {
    ticket: third,
    code: right(),
  })
  assert.equal(limited.status, 429)
  instance.clock.advance('61m')
  const later = (await signIn(instance)).body.ticket
  const { status } = await instance.post('/auth/second-factor/', {
    ticket: later,
    code: right(),
  })
  assert.equal(status, 200)
})

test('a ticket dies with a new password, a deactivation, and after five minutes', async () => {
  await using instance = await app()
  const { secret } = await addTotp(instance)
  const ada = (await instance.auth.users.find('ada'))!
  const use = async (ticket: string) =>
    (
      await instance.post('/auth/second-factor/', {
        ticket,
        code: passwordOf(secret, instance),
      })
    ).status

  const old = (await signIn(instance)).body.ticket
  instance.clock.advance('5m')
  assert.equal(await use(old), 400)

  const before = (await signIn(instance)).body.ticket
  await instance.auth.users.setPassword(ada.id, PASSWORD)
  assert.equal(await use(before), 400)

  const active = (await signIn(instance)).body.ticket
  await instance.auth.users.change(ada.id, { active: false })
  assert.equal(await use(active), 400)
})

test('basic() takes no password of a user with a second factor; API tokens go on working', async () => {
  await using instance = await app({ authentication: [basic(), apiToken(), bearer()] })
  const encoded = Buffer.from(`ada:${PASSWORD}`).toString('base64')
  const check = (authorization: string) =>
    instance.auth
      .authenticate(
        new Request('http://127.0.0.1/', { headers: { Authorization: authorization } }),
      )
      .then(
        (principal) => principal?.user.username,
        ({ status }) => status,
      )
  assert.equal(await check(`Basic ${encoded}`), 'ada')
  const ada = (await instance.auth.users.find('ada'))!
  const { token } = await instance.auth.apiTokens.create(ada.id)
  await addTotp(instance)
  assert.equal(await check(`Basic ${encoded}`), 401)
  assert.equal(await check(`Token ${token}`), 'ada')
})

test('an authenticator needs the password, and does not count before its first code', async () => {
  await using instance = await app()
  const headers = await instance.as('ada')
  const missing = await instance.post('/auth/totp/', {}, headers)
  assert.deepEqual(missing, {
    status: 400,
    body: { current_password: ['This field is required.'] },
  })
  const wrong = await instance.post('/auth/totp/', { current_password: 'x' }, headers)
  assert.deepEqual(wrong.body, { current_password: ['Invalid password.'] })
  const made = await instance.post('/auth/totp/', { current_password: PASSWORD }, headers)
  assert.equal(made.status, 201)
  assert.match(
    made.body.uri,
    /^otpauth:\/\/totp\/watchword:ada%40example\.com\?secret=[A-Z2-7]{32}&issuer=watchword&algorithm=SHA1&digits=6&period=30$/,
  )
  assert.equal((await signIn(instance)).status, 200)
  const again = { id: made.body.id, code: passwordOf(made.body.secret, instance) }
  assert.equal((await instance.post('/auth/totp/confirm/', again, headers)).status, 200)
  assert.deepEqual(await instance.post('/auth/totp/confirm/', again, headers), WRONG)
  assert.equal((await signIn(instance)).status, 403)
})

test('wrong passwords for an authenticator have a limit of their own, and leave the sign-in open', async () => {
  await using instance = await app()
  const headers = await instance.as('ada')
  const begin = (password: string) =>
    instance.post('/auth/totp/', { current_password: password }, headers)
  for (let n = 0; n < 5; n++) assert.equal((await begin('wrong')).status, 400)
  assert.equal((await begin(PASSWORD)).status, 429)
  assert.equal((await signIn(instance)).status, 200)
})

test('another user can neither confirm nor remove an authenticator', async () => {
  await using instance = await app()
  await instance.auth.users.create({ username: 'eve', password: PASSWORD })
  const { id, secret } = await addTotp(instance)
  const eve = await instance.as('eve')
  const code = passwordOf(secret, instance)
  assert.equal(
    (await instance.post('/auth/totp/confirm/', { id, code }, eve)).status,
    400,
  )
  const removal = await instance.request('DELETE', `/auth/factors/${id}/`, eve, { code })
  assert.equal(removal.status, 400)
  assert.equal((await signIn(instance)).status, 403)
})

test('removing the last authenticator, with a code, ends the second step and the recovery codes', async () => {
  await using instance = await app({ mail: () => undefined })
  const { id, secret, codes, headers } = await addTotp(instance)
  const listed = await instance.request('GET', '/auth/factors/', headers)
  assert.equal(listed.body.length, 1)
  assert.equal(listed.body[0].label, 'Phone')
  assert.doesNotMatch(JSON.stringify(listed.body), new RegExp(secret))

  const wrong = await instance.request('DELETE', `/auth/factors/${id}/`, headers, {
    code: '000000',
  })
  assert.deepEqual(wrong, WRONG)
  const removed = await instance.request('DELETE', `/auth/factors/${id}/`, headers, {
    code: passwordOf(secret, instance),
  })
  assert.equal(removed.status, 204)
  assert.equal((await signIn(instance)).status, 200)
  const old = await instance.post('/auth/recovery-codes/', { code: codes[0]! }, headers)
  assert.deepEqual(old, WRONG)
  const subjects = (await instance.mail()).map(({ subject }) => subject)
  assert.deepEqual(subjects, Array(2).fill('How you sign in to watchword was changed'))
})

test('a user whose role needs a second factor adds one with the ticket, and is signed in by it', async () => {
  await using instance = await app({ secondFactors: { required: ['staff'] } })
  const ada = (await instance.auth.users.find('ada'))!
  assert.equal((await signIn(instance)).status, 200)
  await instance.auth.users.change(ada.id, { staff: true })
  const stopped = await signIn(instance)
  assert.equal(stopped.status, 403)
  assert.deepEqual(stopped.body.methods, [])
  const { ticket } = stopped.body
  const direct = await instance.post('/auth/second-factor/', { ticket, code: '000000' })
  assert.deepEqual(direct, WRONG)

  const made = await instance.post('/auth/second-factor/totp/', { ticket })
  assert.equal(made.status, 201)
  const { id, secret } = made.body
  const done = await instance.post('/auth/second-factor/totp/confirm/', {
    ticket,
    id,
    code: passwordOf(secret, instance),
  })
  assert.equal(done.status, 200)
  assert.deepEqual(Object.keys(done.body).toSorted(), [
    'access',
    'recovery_codes',
    'refresh',
  ])
  assert.equal(done.body.recovery_codes.length, 10)
  instance.clock.advance('30s')
  const next = await signIn(instance)
  assert.deepEqual(next.body.methods, ['totp', 'recovery'])
  const enroll = await instance.post('/auth/second-factor/totp/', {
    ticket: next.body.ticket,
  })
  assert.deepEqual(enroll, WRONG, 'a ticket adds no factor beside the first')
})

test('a ticket to add a first factor adds none once there is one', async () => {
  await using instance = await app({ secondFactors: { required: ['staff'] } })
  const ada = (await instance.auth.users.find('ada'))!
  await instance.auth.users.change(ada.id, { staff: true })
  const enroll = async () => {
    const { ticket } = (await signIn(instance)).body
    const { id, secret } = (await instance.post('/auth/second-factor/totp/', { ticket }))
      .body
    return { ticket, id, code: passwordOf(secret, instance) }
  }
  const enrollments = [await enroll(), await enroll(), await enroll()]
  const unused = (await signIn(instance)).body.ticket
  const confirm = (body: object) =>
    instance.post('/auth/second-factor/totp/confirm/', body)

  const answers = await Promise.all(enrollments.slice(1).map(confirm))
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 400])
  assert.deepEqual(await confirm(enrollments[0]!), WRONG)
  const late = await instance.post('/auth/second-factor/totp/', { ticket: unused })
  const { id, secret } = late.body
  const code = passwordOf(secret, instance)
  assert.deepEqual(await confirm({ ticket: unused, id, code }), WRONG)
  assert.equal((await instance.auth.secondFactors.list(ada.id)).length, 1)
})

test('programs, and who acts as a user, can neither add, see nor remove factors', async () => {
  await using instance = await app({ authentication: [bearer(), apiToken()] })
  const ada = (await instance.auth.users.find('ada'))!
  const bob = await instance.auth.users.create({ username: 'bob' })
  const { id, secret } = await addTotp(instance)
  const [limited, unlimited] = await Promise.all([
    instance.auth.apiTokens.create(ada.id, { scopes: ['read'] }),
    instance.auth.apiTokens.create(ada.id),
  ])
  const { access } = await instance.auth.signIn(ada.id, { actor: bob.id })
  const code = passwordOf(secret, instance)
  const requests = [
    ['POST', '/auth/totp/', { current_password: PASSWORD }],
    ['POST', '/auth/totp/confirm/', { id, code }],
    ['GET', '/auth/factors/', undefined],
    ['DELETE', `/auth/factors/${id}/`, { code }],
    ['POST', '/auth/recovery-codes/', { code }],
  ] as const
  for (const authorization of [
    `Token ${limited.token}`,
    `Token ${unlimited.token}`,
    `Bearer ${access}`,
  ])
    for (const [method, path, body] of requests) {
      const answer = await instance.request(method, path, { authorization }, body)
      assert.equal(answer.status, 403, `${method} ${path} ${authorization}`)
    }
})

test('a user without a password needs a fresh sign-in to add an authenticator', async () => {
  await using instance = await app()
  const eve = await instance.auth.users.create({ username: 'eve' })
  const { access, refresh } = await instance.auth.signIn(eve.id)
  const headers = { authorization: `Bearer ${access}` }
  assert.equal((await instance.post('/auth/totp/', {}, headers)).status, 201)
  instance.clock.advance('10m')
  const refreshed = (await instance.post('/api/token/refresh/', { refresh })).body
  const late = { authorization: `Bearer ${refreshed.access}` }
  assert.equal((await instance.request('GET', '/auth/factors/', late)).status, 200)
  const refused = await instance.post('/auth/totp/', {}, late)
  assert.match(String(refused.status), /^40[13]$/)
})

test('an administrator removes the factors of a user who has lost them', async () => {
  await using instance = await app()
  await addTotp(instance)
  const ada = (await instance.auth.users.find('ada'))!
  assert.equal((await instance.auth.secondFactors.list(ada.id)).length, 1)
  assert.equal(await instance.auth.secondFactors.reset(ada.id), 1)
  assert.equal((await signIn(instance)).status, 200)
  const events = await instance.auth.events.list({ kind: 'factor_removed', limit: 1 })
  assert.deepEqual(events[0]?.detail, { factors: 1 })
})

test('a database that cannot say whether there is a second factor stops the sign-in: 503', async () => {
  await using instance = await app()
  await addTotp(instance)
  instance.faults.fail('credentials.list')
  assert.equal((await signIn(instance)).status, 503)
})

test('no answer, log entry or event repeats a secret of a factor', async () => {
  await using instance = await app()
  const { secret, codes } = await addTotp(instance)
  const { body } = await instance.request(
    'GET',
    '/auth/factors/',
    await instance.as('ada'),
  )
  const shown = JSON.stringify([body, instance.log, await instance.auth.events.list()])
  for (const text of [secret, ...codes]) assert.ok(!shown.includes(text))
})
