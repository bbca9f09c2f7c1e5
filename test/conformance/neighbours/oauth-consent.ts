import type { JsonObject, RecordedRequest } from '../recording.ts'
import { header, type Reply } from '../wire.ts'

/** A request with its variables filled in. */
export type FilledRequest = Pick<RecordedRequest, 'method' | 'path'> & {
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string | undefined
}

type Send = (request: FilledRequest) => Promise<Reply>

/** A pair that a client has which sends none (RFC 7636 appendix B). */
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

/**
 * The recorded consent is one form with the fields of the page. Here the page is opened, and its own form is sent.
 *
 * @param addsPkce whether a client that sends no PKCE is made one that does: `PKCE_REQUIRED: false` has no counterpart
 */
export async function sendAsClient(
  request: FilledRequest,
  send: Send,
  addsPkce: boolean,
): Promise<Reply> {
  const { method, path, body } = request
  const [bare = '', query = ''] = path.split('?')
  // A form without a token, or of nobody, is sent as it is.
  const hasToken = request.headers.some(([name]) => name.toLowerCase() === 'x-csrftoken')
  if (bare === '/o/authorize/' && method === 'POST' && hasToken) {
    const fields = new URLSearchParams(body)
    const isAllowed = !['', 'False'].includes(fields.get('allow') ?? '')
    fields.delete('allow')
    return consent(withChallenge(fields, addsPkce), isAllowed, request, send)
  }
  if (bare === '/o/authorize/' && addsPkce && !query.includes('code_challenge')) {
    return send({ ...request, path: `${path}&${PKCE}` })
  }
  if (bare === '/o/logout/' && method === 'POST') return signOut(request, send)
  if (bare === '/o/token/' && addsPkce) return send(withVerifier(request))
  return send(request)
}

const PKCE = new URLSearchParams({
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
})

function withChallenge(fields: URLSearchParams, addsPkce: boolean): URLSearchParams {
  if (!addsPkce || fields.has('code_challenge')) return fields
  return new URLSearchParams([...fields, ...PKCE])
}

function withVerifier(request: FilledRequest): FilledRequest {
  const fields = new URLSearchParams(request.body)
  if (fields.get('grant_type') !== 'authorization_code') return request
  if (fields.has('code_verifier')) return request
  return { ...request, body: `${request.body}&code_verifier=${VERIFIER}` }
}

async function consent(
  query: URLSearchParams,
  isAllowed: boolean,
  request: FilledRequest,
  send: Send,
): Promise<Reply> {
  const path = `/o/authorize/?${query}`
  const page = await send({ ...request, method: 'GET', path, body: undefined })
  const text = page.body.toString('utf8')
  if (page.status !== 200 || !text.includes('name="decision"')) return page
  const fields = hiddenIn(text)
  fields.set('decision', isAllowed ? 'allow' : 'deny')
  return send({ ...request, path: '/o/authorize/', body: String(fields) })
}

async function signOut(request: FilledRequest, send: Send): Promise<Reply> {
  const fields = new URLSearchParams(request.body)
  fields.delete('allow')
  const path = `/o/logout/?${fields}`
  const page = await send({ ...request, method: 'GET', path, body: undefined })
  const text = page.body.toString('utf8')
  if (page.status !== 200 || !request.body?.includes('allow=')) return page
  return send({ ...request, path: '/o/logout/', body: String(hiddenIn(text)) })
}

const hiddenIn = (page: string): URLSearchParams =>
  new URLSearchParams(
    [...page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(
      ([, name = '', value = '']): [string, string] => [name, unescaped(value)],
    ),
  )

const unescaped = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')

/** What is compared of a page. */
export function pageShown(reply: Reply): JsonObject | undefined {
  if (!/^text\/html/.test(header(reply, 'content-type') ?? '')) return undefined
  const text = reply.body.toString('utf8')
  const main = /<main.*<\/main>/s.exec(text)?.[0] ?? text
  const description = /<code lang="en">([^<]*)<\/code>/.exec(main)?.[1]
  const items = [...main.matchAll(/<li>([^<]*)<\/li>/g)].map(([, item = '']) => item)
  return {
    ...(description !== undefined && { description: unescaped(description) }),
    ...(items.length > 0 && { items }),
    ...(main.includes('name="decision"') && { asks: 'Authorize' }),
    ...(main.includes('action="/o/logout"') && { asks: 'Logout' }),
  }
}
