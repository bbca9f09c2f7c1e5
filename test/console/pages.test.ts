import assert from 'node:assert/strict'
import { test } from 'node:test'
import { csvValue } from '../../src/features/console/pages/file-formats.ts'
import { type TestBrowser, tokenIn, wordsOf } from '../pages/site.ts'
import { act, operated, operator, PAGES, SECRET, staffWith } from './operator.ts'

test('the overview counts sign-ins, failures, refreshes and revocations', async (t) => {
  const { auth, ada } = await operated(t)
  const post = (path: string, body: object) =>
    auth.handler(
      new Request(`https://app.example.com${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    )
  await post('/api/token/', { username: 'ada', password: 'wrong' })
  const { refresh } = await auth.signIn(ada)
  await post('/api/token/refresh/', { refresh })
  await auth.sessions.revokeAll(ada.id)
  const browser = await operator(auth)
  const words = wordsOf(browser.page)
  // Ada by a program, and the visitor.
  assert.match(words, /Sign-ins 2 /)
  assert.match(words, /Failed sign-ins 1 33\.3 % of all attempts/)
  assert.match(words, /Refreshes 1 /)
  assert.match(words, /Revoked sessions 1 /)
  assert.match(words, /Active sessions 1 of 2 users/)
  assert.match(words, /Nothing\. Reused tokens/)
  assert.match(
    browser.page.text,
    /aria-label="Sign-ins and failures, each half hour, UTC\. Most sign-ins: 2,/,
  )
  for (const period of ['6h', '7d', '30d', 'nothing'])
    assert.equal((await browser.open(`/console/?period=${period}`)).status, 200)
})

test('what needs attention is listed with what to do', async (t) => {
  const { auth, ada, clock } = await operated(t)
  const { refresh } = await auth.signIn(ada)
  const exchange = (token: string) =>
    auth.handler(
      new Request('https://app.example.com/api/token/refresh/', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ refresh: token }),
      }),
    )
  const next = (await (await exchange(refresh)).json()) as { readonly refresh: string }
  await exchange(next.refresh)
  clock.advance(60)
  assert.equal((await exchange(refresh)).status, 401)
  const browser = await operator(auth)
  const words = wordsOf(browser.page)
  assert.match(words, /A spent refresh token of ada came back/)
  assert.match(words, /look for a client that keeps old tokens/)
})

test('a part that does not work is listed with what to do', async (t) => {
  const { auth, faults } = await operated(t)
  faults.fail('ping')
  const browser = await operator(auth)
  assert.match(wordsOf(browser.page), /Database: down\. Look at the database server/)
})

test('sessions are listed, filtered and revoked', async (t) => {
  const { auth, ada, as } = await operated(t)
  await as('ada')
  const browser = await operator(auth, 'vitor', '/console/sessions/')
  assert.match(wordsOf(browser.page), /2 active sessions/)
  for (const q of ['ada', 'ADA@example.com', ada.id])
    assert.match(
      wordsOf(await browser.open(`/console/sessions/?q=${q}`)),
      /ada a program|ada unknown/,
    )
  const none = await browser.open('/console/sessions/?q=nobody')
  assert.match(wordsOf(none), /No session of “nobody” matches/)
  const [session] = await auth.sessions.list(ada.id)
  const one = await browser.open(`/console/sessions/?q=${session?.id}`)
  assert.match(one.text, new RegExp(session?.id ?? '-'))
  const done = await browser.submit({ button: 'Revoke' })
  assert.match(wordsOf(done), /The session was revoked/)
  assert.notEqual((await auth.sessions.list(ada.id))[0]?.revokedAt, undefined)
  const csrfmiddlewaretoken = tokenIn(done.text)
  for (const id of [session?.id ?? '', 'none', ''])
    assert.equal(
      (await browser.post('/console/sessions/', { csrfmiddlewaretoken, session: id }))
        .status,
      404,
    )
})

test('API tokens are listed without themselves, and revoked', async (t) => {
  const { auth, ada } = await operated(t)
  const { token, record } = await auth.apiTokens.create(ada.id, {
    name: 'nightly export',
  })
  const browser = await operator(auth, 'vitor', '/console/api-tokens/')
  assert.match(wordsOf(browser.page), /nightly export ada/)
  assert.ok(!browser.page.text.includes(token))
  const empty = await browser.open('/console/api-tokens/?q=ghp_')
  assert.match(wordsOf(empty), /No API token matches “ghp_”/)
  await browser.open(`/console/api-tokens/?q=${record.hint}`)
  assert.match(wordsOf(await browser.submit({ button: 'Revoke' })), /was revoked/)
  assert.deepEqual(await auth.apiTokens.list(ada.id), [])
})

test('who may not revoke what staff have sees no button for it', async (t) => {
  const { auth, ada, vitor } = await operated(t)
  await staffWith(auth, 'support')
  for (const { id } of [ada, vitor]) {
    await auth.apiTokens.create(id, { name: 'nightly' })
    await auth.signIn(id)
  }
  const buttons = async (browser: TestBrowser, path: string): Promise<number> => {
    const { status, text } = await browser.open(path)
    assert.equal(status, 200, path)
    return [...text.matchAll(/value="revoke-(session|token)"/g)].length
  }
  const support = await operator(auth, 'support')
  const browser = await operator(auth)

  for (const [path, ofSupport, ofVitor] of [
    [`/console/sessions/?q=${ada.id}`, 1, 1],
    [`/console/sessions/?q=${vitor.id}`, 0, 2],
    ['/console/sessions/?q=support', 1, 1],
    [`/console/api-tokens/?user=${ada.id}`, 1, 1],
    [`/console/api-tokens/?user=${vitor.id}`, 0, 1],
    ['/console/api-tokens/', 1, 2],
    [`/console/users/${ada.id}/`, 2, 2],
    [`/console/users/${vitor.id}/`, 0, 3],
  ] as const) {
    assert.equal(await buttons(support, path), ofSupport, path)
    assert.equal(await buttons(browser, path), ofVitor, path)
  }
})

test('keys are shown with their generations, rotated, and replaced after a leak', async (t) => {
  const { auth, ada, vitor, clock } = await operated(t)
  clock.advance(86_400)
  const before = await auth.signIn(ada)
  const browser = await operator(auth, 'vitor', '/console/keys/')
  const [first] = await auth.keys.list()
  assert.ok(browser.page.text.includes(first?.id ?? '-'))
  const rotated = await browser.submit({ button: 'Rotate keys' })
  assert.match(wordsOf(rotated), /The next key signs now/)
  assert.equal((await auth.keys.list()).length, 3)
  const [event] = await auth.events.list({ kind: 'keys_rotated' })
  assert.equal(event?.actor, vitor.id)
  assert.equal((await auth.explainToken(before.access)).accepted, true)
  const unconfirmed = await browser.submit(
    { button: 'Replace all keys' },
    { confirm: 'yes' },
  )
  assert.equal(unconfirmed.status, 400)
  assert.match(wordsOf(unconfirmed), /Type “replace all keys”/)
  assert.equal((await auth.explainToken(before.access)).accepted, true)
  const replaced = await browser.submit(
    { button: 'Replace all keys' },
    { confirm: 'replace all keys' },
  )
  assert.match(wordsOf(replaced), /All keys were replaced/)
  assert.equal((await auth.explainToken(before.access)).accepted, false)
})

test('keys of the options are not rotated here', async (t) => {
  const signingKey = 'a secret of two services, which is long enough'
  const { auth } = await operated(t, { tokens: { algorithm: 'HS256', signingKey } })
  const browser = await operator(auth, 'vitor', '/console/keys/')
  assert.match(wordsOf(browser.page), /The keys come from the options/)
  assert.ok(!browser.page.text.includes(signingKey))
})

test('events are filtered, followed and exported', async (t) => {
  const { auth, ada, vitor } = await operated(t)
  await auth.users.change(ada.id, { active: false })
  const browser = await operator(auth, 'vitor', '/console/events/')
  assert.match(wordsOf(browser.page), /user_changed ada/)
  assert.doesNotMatch(browser.page.headers.get('refresh') ?? '', /./)
  const followed = await browser.open('/console/events/?follow=1')
  assert.equal(followed.headers.get('refresh'), '5')
  assert.match(wordsOf(followed), /loads again every 5 seconds/)
  const one = await browser.open('/console/events/?kind=user_changed&in=hour')
  assert.match(wordsOf(one), /1 event, newest first/)
  const both = await browser.open('/console/events/?kind=user_changed&user=ada')
  assert.match(wordsOf(both), /user_changed ada/)
  for (const query of [
    'user=nobody%20here',
    'kind=user_deleted',
    'since=2031-01-01T00:00',
    'address=9.9',
  ])
    assert.match(
      wordsOf(await browser.open(`/console/events/?${query}`)),
      /No event matches/,
      query,
    )
  const lines = await browser.open(
    '/console/events/export/?format=jsonl&kind=user_changed',
  )
  assert.equal(lines.headers.get('content-type'), 'application/jsonl; charset=utf-8')
  assert.match(
    lines.headers.get('content-disposition') ?? '',
    /attachment; filename="events\.jsonl"/,
  )
  const [line = '{}'] = lines.text.trim().split('\n')
  assert.equal(JSON.parse(line).user_id, ada.id)
  const csv = await browser.open(`/console/events/export/?format=csv&user=${vitor.id}`)
  assert.match(
    csv.text,
    /^id,at,kind,user_id,session_id,actor,address,request_id,detail\r\n"/,
  )
  assert.equal((await browser.open('/console/events/export/?format=xml')).status, 404)
  assert.equal(
    (await browser.open('/console/events/export/?format=csv&user=no%20one')).text.split(
      '\r\n',
    ).length,
    2,
  )
})

test('no value of a CSV file is a formula for a spreadsheet', () => {
  for (const [value, text] of [
    ['=1+1', `"'=1+1"`],
    ['+1', `"'+1"`],
    ['-1', `"'-1"`],
    ['@SUM(A1)', `"'@SUM(A1)"`],
    ['\t=1', `"'\t=1"`],
    [' =1', `"' =1"`],
    ['a"b', '"a""b"'],
    [{ a: '=1' }, '"{""a"":""=1""}"'],
    [null, ''],
  ] as const)
    assert.equal(csvValue(value), text)
})

test('messages that wait are listed without their texts, sent now, and dropped', async (t) => {
  const { auth, vitor, mail, faults } = await operated(t)
  const empty = await operator(auth, 'vitor', '/console/outbox/')
  assert.match(wordsOf(empty.page), /Nothing waits/)
  // Nothing is sent.
  faults.fail('outbox.claim')
  await auth.users.requestPasswordReset({ email: 'ada@example.com' })
  await auth.users.requestPasswordReset({ email: 'nobody@example.com' })
  const browser = await operator(auth, 'vitor', '/console/outbox/')
  const words = wordsOf(browser.page)
  assert.match(words, /2 waiting/)
  assert.match(words, /ada@example\.com mail: /)
  assert.match(words, /no recipient placeholder/)
  assert.doesNotMatch(browser.page.text, /[?&](?:token|code)=/)
  const dropped = await browser.submit({ button: 'Drop message to no recipient' })
  assert.match(wordsOf(dropped), /The message was dropped.*1 waiting/)
  faults.clear()
  const sent = await browser.submit({ button: 'Send now message to ada@example.com' })
  assert.match(wordsOf(sent), /The message is being sent/)
  assert.equal((await mail()).at(-1)?.to, 'ada@example.com')
  const kinds = (await auth.events.list({ limit: 2 })).map(({ kind, actor }) => [
    kind,
    actor,
  ])
  assert.deepEqual(kinds, [
    ['message_retried', vitor.id],
    ['message_dropped', vitor.id],
  ])
  const csrfmiddlewaretoken = tokenIn(sent.text)
  for (const action of ['retry', 'drop', 'nothing']) {
    const fields = { csrfmiddlewaretoken, action, message: 'none' }
    const { status } = await browser.post('/console/outbox/', fields)
    assert.equal(status, action === 'nothing' ? 400 : 404)
  }
})

test('a token is explained by POST alone, and is not in the answer', async (t) => {
  const { auth, ada, log } = await operated(t)
  const { access } = await auth.signIn(ada)
  const browser = await operator(auth, 'vitor', `/console/explain/?token=${access}`)
  assert.ok(!wordsOf(browser.page).includes('Valid'))
  await browser.open('/console/explain/')
  const shown = await browser.submit({ button: 'Explain' }, { token: `Bearer ${access}` })
  assert.equal(shown.status, 200)
  assert.match(wordsOf(shown), /Valid: this access token is accepted/)
  assert.match(wordsOf(shown), /passed Signature\. Made by this key/)
  assert.ok(!shown.text.includes(access.split('.')[2] ?? '-'))
  const expired = await browser.submit({ button: 'Explain' }, { token: `${access}x` })
  assert.match(wordsOf(expired), /Refused with 401/)
  assert.match(wordsOf(expired), /WWW-Authenticate: Bearer/)
  assert.equal((await browser.submit({ button: 'Explain' }, { token: ' ' })).status, 400)
  const events = await auth.events.list({ limit: 1000 })
  assert.ok(!JSON.stringify([log, events]).includes(access.split('.')[2] ?? '-'))
})

test('secrets are on no page', async (t) => {
  const signingKey = 'marked-signing-key-0Kd8sQ2mVx5Tz7Wy'
  const { auth, ada, mail } = await operated(t, {
    redis: undefined,
    tokens: { algorithm: 'HS256', signingKey },
    mail: {
      transport: 'smtp://user:marked-mail-password@127.0.0.1?from=a@example.com',
      name: 'Notes',
    },
  })
  const api = await auth.apiTokens.create(ada.id)
  const pair = await auth.signIn(ada)
  await auth.users.requestPasswordReset({ email: 'ada@example.com' })
  const link = /[\w-]{30,}/.exec((await mail()).at(-1)?.text ?? '')?.[0] ?? ''
  const browser = await operator(auth)
  const secret =
    [...browser.cookies].find(([name]) => name.includes('sessionid'))?.[1] ?? ''
  const marked = [
    SECRET,
    signingKey,
    'marked-mail-password',
    api.token,
    pair.access,
    pair.refresh,
    secret,
  ]
  assert.ok(secret.length > 30 && link.length > 20)
  for (const path of [
    ...PAGES,
    `/console/users/${ada.id}/`,
    '/console/events/export/?format=jsonl',
  ]) {
    const { text, status } = await browser.open(path)
    assert.equal(status, 200)
    for (const each of [...marked, link])
      assert.ok(!text.includes(each), `${path}: ${each}`)
    assert.doesNotMatch(text, /argon2id\$v=|pbkdf2_sha256\$\d/)
  }
  const words = wordsOf(await browser.open('/console/settings/'))
  assert.match(words, /tokens\.signingKey set options/)
  assert.match(words, /secret set options/)
  assert.match(words, /tokens\.access 300 default ACCESS_TOKEN_LIFETIME/)
})

/** What an attacker may write into a field. */
const ATTACKS = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'><svg onload=alert(1)>",
  '</title><script>alert(1)</script>',
  '</textarea><script>alert(1)</script>',
  'javascript:alert(1)',
  '{{constructor.constructor("alert(1)")()}}',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '\u2028<!--<script>',
]

test('text of users is text on every page', async (t) => {
  const { auth, as } = await operated(t, {
    user: { nickname: 'string?' },
    roles: { editor: [], '<b>role</b>': ['x'], viewer: ['watchword.view'] },
  })
  for (const [n, attack] of ATTACKS.entries()) {
    const user = await auth.users.create({
      username: `user${n}`,
      roles: ['<b>role</b>'],
      attributes: { nickname: attack },
    })
    await auth.apiTokens.create(user.id, { name: attack, scopes: ['a><b>'] })
    const request = new Request('https://app.example.com/', {
      headers: { 'user-agent': attack.replace('\u2028', '') },
    })
    await auth.signIn(user, { request })
    await auth.events.by(attack, () => auth.users.change(user.id, { active: true }))
  }
  await as('user0')
  const browser = await operator(auth)
  const user = await auth.users.find('user0')
  const paths = [
    ...PAGES,
    ...ATTACKS.flatMap((attack) => {
      const q = encodeURIComponent(attack)
      return [
        `/console/users/?q=${q}&status=${q}&role=${q}`,
        `/console/sessions/?q=${q}&state=all`,
        `/console/api-tokens/?q=${q}&user=${q}`,
        `/console/events/?user=${q}&address=${q}&since=${q}&kind=${q}`,
        `/console/?period=${q}`,
        `/console/users/?done=${q}`,
      ]
    }),
  ]
  for (let n = 0; n < ATTACKS.length; n++)
    paths.push(`/console/users/${(await auth.users.find(`user${n}`))?.id}/`)
  for (const path of paths) assertSafe((await browser.open(path)).text, path)
  for (const attack of ATTACKS) {
    const sent = await act(browser, user?.id ?? '', 'profile', {
      username: attack,
      email: attack,
      phone: attack,
    })
    assertSafe(sent.text, attack)
    await browser.open('/console/explain/')
    const part = (value: object) =>
      Buffer.from(JSON.stringify(value)).toString('base64url')
    const token = `${part({ alg: attack, kid: attack, typ: attack })}.${part({ iss: attack, [attack]: attack, sid: attack })}.AAAA`
    for (const each of [attack, token])
      assertSafe(
        (await browser.submit({ button: 'Explain' }, { token: each })).text,
        attack,
      )
  }
})

function assertSafe(text: string, where: string): void {
  const body = text.replace(/<script src="[^"]*"[^>]*><\/script>/g, '')
  assert.doesNotMatch(
    body,
    /<script|<img|<svg onload|<b>(?!HTTP)|<!--|onerror=alert\(1\)>/i,
    where,
  )
  assert.doesNotMatch(body, /(?:href|action|src)="\s*javascript:/i, where)
}
