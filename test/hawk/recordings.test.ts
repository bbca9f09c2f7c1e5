import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type AnswerToSign,
  hawk,
  type RequestSignature,
} from '../../src/authentication.ts'
import { AuthError } from '../../src/base/errors.ts'
import type { HawkOptions } from '../../src/features/hawk/options.ts'
import { testInstance } from '../../src/testing/index.ts'
import {
  authRequestOf,
  CREDENTIALS,
  type Recorded,
  type RecordedRequest,
  type RecordedVerdict,
  recordings,
  textOf,
} from './recordings.ts'

/** What is answered otherwise than recorded, and why; `ours` is `STATUS MESSAGE`. */
const DIFFERENCES: Readonly<
  Record<string, { readonly ours: string; readonly why: string }>
> = JSON.parse(textOf('differences.json'))

const OPTIONS: Readonly<Record<string, HawkOptions>> = {
  'hawk-short': { clockSkew: '10s' },
}

/** Keys have 32 bytes or more, and SHA-256. */
const USABLE = Object.values(CREDENTIALS).filter(
  ({ key = '', algorithm }) => algorithm === 'sha256' && key.length >= 32,
)

const headerOf = ({ headers }: RecordedRequest, name: string): string | undefined =>
  headers.find(([each]) => each.toLowerCase() === name)?.[1]

/** The public address is an option: what a request says of it decides nothing. */
function urlOf({ config, request }: Recorded): string {
  const host = headerOf(request, 'host') ?? ''
  if (config === 'hawk-proxy')
    return `https://${headerOf(request, 'x-forwarded-host') ?? host}`
  if (!URL.canParse(`https://${host}`) || host.includes('/'))
    return 'https://example.com:8080'
  // Recorded over plain http, which has another default port and is no public address.
  const { hostname, port } = new URL(`http://${host}`)
  return `https://${hostname}:${port || 80}`
}

async function instanceFor(recorded: Recorded) {
  const { config = '', kind } = recorded
  const options = { ...OPTIONS[config], signAnswers: true, payloadHash: 'body' } as const
  const app = testInstance({
    url: urlOf(recorded),
    now: recorded.now,
    authentication: [hawk(kind === 'bewit' ? { ...options, bewit: '5m' } : options)],
  })
  const { id: userId } = await app.auth.users.create({ username: 'alice' })
  for (const { id, key: secret = '' } of USABLE)
    await app.auth.signingKeys.create(
      { userId },
      { id, secret, algorithm: 'hawk-sha256' },
    )
  return app
}

interface Answered {
  readonly text: string
  readonly challenge: string | null
  readonly sign?: RequestSignature['signAnswer']
}

async function answerTo(
  { auth }: Awaited<ReturnType<typeof instanceFor>>,
  request: RecordedRequest,
): Promise<Answered> {
  try {
    const { signature } = await auth.require(authRequestOf(request))
    return { text: '200', challenge: null, sign: signature?.signAnswer }
  } catch (error) {
    assert.ok(error instanceof AuthError, String(error))
    const answer = error.toResponse()
    const challenge = answer.headers.get('www-authenticate')
    return { text: `${answer.status} ${error.detail}`, challenge }
  }
}

/** The reference has the texts and statuses; what it was not asked, hawkrest says. */
function recordedVerdict({ hawk: reference, hawkrest }: Recorded): RecordedVerdict {
  const verdict = reference ?? hawkrest
  assert.ok(verdict !== undefined)
  return verdict
}

function textOfRecorded(recorded: Recorded): string {
  const { verdict, status = 401, message } = recordedVerdict(recorded)
  if (verdict === 'accept') return '200'
  // In the words of the guard: the request has nothing of Hawk.
  if (message === 'Unauthorized' || verdict === 'none')
    return '401 Authentication credentials were not provided.'
  return `${status} ${message ?? ''}`.trim()
}

/** What hawkrest answered, whose body is JSON or text. */
function recordedAnswer({ hawkrest = { verdict: 'none' } }: Recorded): AnswerToSign {
  const { headers = {}, body, text = '' } = hawkrest
  return {
    body: body == null ? text : JSON.stringify(body),
    headers: { 'content-type': headers['content-type'] ?? '' },
  }
}

/** Of an answer to HEAD, the body that was signed is not recorded. */
const recordedAuthorization = ({ hawkrest, request }: Recorded): string | undefined =>
  request.method === 'HEAD' ? undefined : hawkrest?.headers?.['server-authorization']

const RECORDED = recordings('server', 'bewit')

for (const recorded of RECORDED) {
  test(`${recorded.id} is answered as recorded`, async () => {
    await using app = await instanceFor(recorded)
    for (const { request, now = recorded.now } of recorded.before ?? []) {
      app.clock.set(now)
      await answerTo(app, request)
    }
    app.clock.set(recorded.now)
    const { text, challenge, sign } = await answerTo(app, recorded.request)
    assert.equal(text, DIFFERENCES[recorded.id]?.ours ?? textOfRecorded(recorded))
    if (text.startsWith('401') && DIFFERENCES[recorded.id] === undefined)
      assert.equal(challenge, recordedVerdict(recorded)['www-authenticate'] ?? 'Hawk')
    const signed = recordedAuthorization(recorded)
    if (text === '200' && signed !== undefined)
      assert.deepEqual(sign?.(recordedAnswer(recorded)), {
        'Server-Authorization': signed,
      })
  })
}

test('every difference is of a recording, and has a reason', () => {
  const ids = RECORDED.map(({ id }) => id)
  for (const [id, { why }] of Object.entries(DIFFERENCES)) {
    assert.ok(ids.includes(id), id)
    assert.match(why, /\w+ \w+/, id)
  }
})

test('recorded answers are compared with their signature', () => {
  const signed = RECORDED.filter((each) => recordedAuthorization(each) !== undefined)
  assert.ok(signed.length > 50, String(signed.length))
})
