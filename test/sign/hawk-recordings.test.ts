/** What clients of Hawk do, recorded from hawk and mohawk, and done by `watchword/sign`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseHeader, REQUEST_ATTRIBUTES } from '../../src/hawk/attributes.ts'
import { type HawkOptions, hawk, hawkBewit } from '../../src/sign/index.ts'
import { SignatureError } from '../../src/signatures/message.ts'
import { CREDENTIALS, recordings } from '../hawk/recordings.ts'

interface Made {
  readonly verdict?: 'reject'
  readonly header?: string
  readonly bewit?: string
}

interface Verdict {
  readonly verdict: 'accept' | 'reject'
}

interface Shared {
  readonly id: string
  readonly kind: string
  readonly now: number
  readonly id_of: string
  readonly ts: number
  readonly nonce: string
  readonly method: string
  readonly ext?: string
  readonly app?: string
  readonly dlg?: string
}

type Header = Shared & {
  readonly uri: string
  readonly payload?: string
  readonly contentType?: string
  readonly hawk: Made
  readonly mohawk: Made
}

type Bewit = Shared & Pick<Header, 'uri' | 'hawk' | 'mohawk'> & { readonly ttl: number }

type Answered = Shared & {
  readonly resource: string
  readonly host: string
  readonly port: number
  /** Whether the answer must be signed. */
  readonly required?: boolean
  readonly response: {
    readonly headers: Readonly<Record<string, string>>
    readonly body: string | null
  }
  readonly hawk: Verdict
}

/** What is made or said otherwise than hawk does it. `mohawk`: as that does it; `own`: as neither. */
const DIFFERENCES: Readonly<
  Record<
    string,
    { readonly ours: 'refused' | 'reject' | 'mohawk' | 'own'; readonly why: string }
  >
> = {
  'hawk/client/query-empty': {
    ours: 'mohawk',
    why: 'fetch sends an address without the "?" of an empty query',
  },
  'hawk/client/ext-backslash': {
    ours: 'refused',
    why: 'hawk writes a header that no server reads; mohawk refuses',
  },
  'hawk/client/ext-quote': {
    ours: 'refused',
    why: 'hawk writes a header that no server reads; mohawk refuses',
  },
  'hawk/client/ipv6': {
    ours: 'own',
    why: 'the server of hawk expects the brackets that Host has; its own client signs without them',
  },
  'hawk/bewit-make/ext-backslash': {
    ours: 'refused',
    why: 'hawk writes a bewit of five parts, which no server reads; mohawk refuses',
  },
  'hawk/client-response/header-missing': {
    ours: 'reject',
    why: 'verifyAnswers asks each answer for a signature',
  },
}

function optionsOf(recorded: Shared): HawkOptions {
  const { key = '', algorithm } = CREDENTIALS[recorded.id_of] ?? { algorithm: '' }
  assert.ok(algorithm === 'sha256' || algorithm === 'sha1')
  const { id_of: keyId, ext, app, dlg } = recorded
  return {
    keyId,
    key,
    algorithm,
    nonce: () => recorded.nonce,
    clock: () => recorded.ts,
    ...(ext !== undefined && { ext }),
    ...(app !== undefined && { app }),
    ...(dlg !== undefined && { dlg }),
  }
}

const macIn = (header = ''): string | undefined =>
  parseHeader(header, REQUEST_ATTRIBUTES).mac

/** @returns `undefined` if it is refused */
async function orRefused<T>(make: () => Promise<T>): Promise<T | undefined> {
  try {
    return await make()
  } catch (error) {
    assert.ok(error instanceof SignatureError, String(error))
    return undefined
  }
}

const HEADERS = recordings<Header>('client-header')
const BEWITS = recordings<Bewit>('bewit-make')
const ANSWERS = recordings<Answered>('client-response')

for (const recorded of HEADERS) {
  const { id, uri: url, method, payload: body, contentType = '' } = recorded
  test(`${id}: the header is that of the recorded clients`, async () => {
    const headers = contentType === '' ? {} : { 'content-type': contentType }
    const signed = await orRefused(() =>
      hawk(optionsOf(recorded)).sign({ method, url, headers, body }),
    )
    const attributes =
      signed && parseHeader(signed.headers.authorization ?? '', REQUEST_ATTRIBUTES)
    const { ours = '' } = DIFFERENCES[id] ?? {}
    const { header } = ours === 'mohawk' ? recorded.mohawk : recorded.hawk
    if (ours === 'own') return assert.notEqual(attributes?.mac, macIn(header))
    if (ours === 'refused' || header === undefined) assert.equal(attributes, undefined)
    else assert.deepEqual(attributes, parseHeader(header, REQUEST_ATTRIBUTES))
  })
}

for (const recorded of BEWITS) {
  const { id, uri, ttl: expiresIn } = recorded
  test(`${id}: the bewit is that of the recorded clients`, async () => {
    const options = { ...optionsOf(recorded), clock: () => recorded.now, expiresIn }
    const made = await orRefused(() => hawkBewit(uri, options))
    const address = new URL(uri).href
    const expected = `${address}${address.includes('?') ? '&' : '?'}bewit=${recorded.hawk.bewit}`
    assert.equal(made, DIFFERENCES[id] === undefined ? expected : undefined)
  })
}

/** A response without a status is a 401 if it has a challenge. */
const statusOf = ({ headers }: Answered['response']): number =>
  'www-authenticate' in headers ? 401 : 200

for (const recorded of ANSWERS) {
  const { id, host, port, resource, method, required = false, response } = recorded
  test(`${id}: the answer is taken as recorded`, async () => {
    const request = { method, url: `http://${host}:${port}${resource}` }
    const signer = hawk({ ...optionsOf(recorded), verifyAnswers: true })
    const signed = await signer.sign(request)
    const status = statusOf(response)
    const answer = new Response(response.body, { status, headers: response.headers })
    const isAgain = await orRefused(async () =>
      signer.readAnswer?.(answer, request, signed),
    )
    // A challenge is never an error: the program gets the 401. Only the time of a server with the key is believed.
    if (status === 401) {
      const hasTime = response.headers['www-authenticate']?.includes('tsm=')
      return assert.equal(isAgain, hasTime === true && recorded.hawk.verdict === 'accept')
    }
    const verdict = isAgain === undefined ? 'reject' : 'accept'
    assert.equal(verdict, DIFFERENCES[id]?.ours ?? recorded.hawk.verdict)
    if (required) assert.equal(verdict, 'reject')
  })
}

test('every difference is of a recording, and has a reason', () => {
  const ids = [...HEADERS, ...BEWITS, ...ANSWERS].map(({ id }) => id)
  for (const [id, { why }] of Object.entries(DIFFERENCES)) {
    assert.ok(ids.includes(id), id)
    assert.match(why, /\w+ \w+/, id)
  }
})

test('every recording is replayed, but those of messages outside of HTTP', () => {
  const replayed = [...HEADERS, ...BEWITS, ...ANSWERS, ...recordings('server', 'bewit')]
  const messages = recordings('message', 'message-make')
  assert.equal(replayed.length + messages.length, 269)
})
