import { CHALLENGE, VERIFIER } from '../consent.ts'
import { basicOf } from '../setup.ts'
import { REDIRECT, REQUEST, SHOP, type Side } from './sides.ts'

/** Parameters in place of those of a request without faults; `undefined` leaves one out, a list sends it more than once. */
export type Fields = Readonly<Record<string, string | readonly string[] | undefined>>

/** What an answer is compared by, such as `400 invalid_grant`. */
export type Shown = string

export interface TokenRequest {
  readonly fields?: Fields
  /** Default: the secret of the shop in the header. */
  readonly authorization?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly method?: string
  readonly query?: string
}

/** The requests of an application and of its user to a provider. */
export class Conversation {
  readonly #side: Side

  constructor(side: Side) {
    this.#side = side
  }

  /** @param cookie of the browser. Default: that of the user who has signed in */
  async authorize(fields: Fields, cookie = this.#side.cookie): Promise<Shown> {
    return this.#shown(await this.#authorize(fields, cookie))
  }

  /** Follows a redirect within the provider. */
  async postAuthorize(fields: Fields): Promise<Shown> {
    const { cookie, url, paths } = this.#side
    const body = queryOf({ ...REQUEST, ...fields })
    const address = url + paths.authorize
    const init = { headers: { cookie }, redirect: 'manual' } as const
    const response = await fetch(address, { ...init, method: 'POST', body })
    const location = response.headers.get('location') ?? ''
    const isOnward = new URL(location, url).href.startsWith(address)
    return this.#shown(isOnward ? await fetch(new URL(location, url), init) : response)
  }

  async #authorize(fields: Fields, cookie: string): Promise<Response> {
    const { url, paths } = this.#side
    const query = queryOf({ ...REQUEST, ...fields })
    return fetch(`${url}${paths.authorize}?${query}`, {
      headers: { cookie, accept: 'text/html' },
      redirect: 'manual',
    })
  }

  async #shown(response: Response): Promise<Shown> {
    const { url, signIn } = this.#side
    const location = response.headers.get('location')
    if (location === null) return shownPage(response)
    const to = new URL(location, url)
    if (to.origin === url)
      return signIn.test(to.pathname) ? 'sign in' : `to ${to.pathname}`
    return shownAnswer(to)
  }

  async code(fields: Fields = {}): Promise<string> {
    const response = await this.#authorize(fields, this.#side.cookie)
    const location = response.headers.get('location') ?? ''
    const code = URL.parse(location)?.searchParams.get('code') ?? undefined
    if (code === undefined) throw new Error(`no code: ${response.status} ${location}`)
    return code
  }

  basic(id: string = SHOP.id, secret = this.#side.secrets[id] ?? ''): string {
    return basicOf(id, secret)
  }

  secret(id: string = SHOP.id): string {
    return this.#side.secrets[id] ?? ''
  }

  async post(place: 'token' | 'revoke' | 'introspect', request: TokenRequest) {
    const { url, paths } = this.#side
    const { fields = {}, headers = {}, query = '', method = 'POST' } = request
    const authorization =
      'authorization' in request ? request.authorization : this.basic()
    const response = await fetch(`${url}${paths[place]}${query}`, {
      method,
      headers: {
        ...(method === 'POST' && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...headers,
        ...(authorization !== undefined && { authorization }),
      },
      ...(method === 'POST' && { body: request.body ?? String(queryOf(fields)) }),
    })
    return answerOf(response)
  }

  async token(request: TokenRequest): Promise<Shown> {
    return (await this.post('token', request)).shown
  }

  /** Exchanges a new code. @returns the tokens */
  async tokens(fields: Fields = {}): Promise<Body> {
    const code = await this.code(fields)
    const { body, shown } = await this.post('token', { fields: exchange(code) })
    if (body.access_token === undefined) throw new Error(`no tokens: ${shown}`)
    return body
  }

  async userInfo(init: RequestInit, query = ''): Promise<Shown> {
    const { url, paths } = this.#side
    return (await answerOf(await fetch(url + paths.userinfo + query, init))).shown
  }
}

interface Body {
  readonly access_token?: string
  readonly refresh_token?: string
  readonly error?: string
  readonly active?: boolean
  readonly scope?: string
}

/** The fields of an exchange of a code. */
export const exchange = (code: string, fields: Fields = {}): Fields => ({
  grant_type: 'authorization_code',
  redirect_uri: REDIRECT,
  code_verifier: VERIFIER,
  code,
  ...fields,
})

export const refresh = (token: string | undefined, fields: Fields = {}): Fields => ({
  grant_type: 'refresh_token',
  refresh_token: token,
  ...fields,
})

function queryOf(fields: Fields): URLSearchParams {
  const pairs = Object.entries(fields).flatMap(([name, value]) =>
    [value ?? []].flat().map((each): [string, string] => [name, each]),
  )
  return new URLSearchParams(pairs)
}

/** A page of the provider: nothing is sent to the application. */
async function shownPage(response: Response): Promise<Shown> {
  const text = await response.text()
  if (response.status === 200 && text.includes('<form')) return 'page 200 with a form'
  return `page ${response.status}`
}

/** What the application gets by a redirect. */
function shownAnswer({ searchParams, hash }: URL): Shown {
  const answer = hash === '' ? searchParams : new URLSearchParams(hash.slice(1))
  const names = [...answer.keys()].filter((name) => name !== 'error_description')
  const shown = names
    .sort()
    .map((name) => (name === 'error' ? `error=${answer.get(name)}` : name))
  return ['redirect', ...shown, hash === '' ? '' : 'in the fragment']
    .filter(Boolean)
    .join(' ')
}

async function answerOf(response: Response) {
  const text = await response.text()
  const body: Body = text.startsWith('{') ? JSON.parse(text) : {}
  return { body, shown: shownBody(response, body) }
}

function shownBody({ status, headers }: Response, body: Body): Shown {
  const challenge = headers.get('www-authenticate') ?? ''
  const scheme = challenge.split(' ').slice(0, 1)
  const inChallenge = /\berror="(\w+)"/.exec(challenge)?.[1] ?? []
  const isGrant = body.scope !== undefined && body.error === undefined
  const granted = isGrant ? `(${body.scope})` : ''
  const shown = [status, membersOf(body), granted, scheme, inChallenge].flat()
  return shown.filter((each) => each !== '').join(' ')
}

function membersOf({ active, error, ...body }: Body): readonly string[] {
  if (active !== undefined) return [`active=${active}`]
  if (error !== undefined) return [error]
  // Details of errors that are not those of OAuth.
  return 'detail' in body ? ['detail'] : Object.keys(body).sort()
}

export { CHALLENGE, VERIFIER }
