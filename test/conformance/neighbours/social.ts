import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { DatabaseSync } from 'node:sqlite'
import { oauth2 } from '../../../src/features/social/custom-providers.ts'
import type { ProviderClaims } from '../../../src/features/social/provider.ts'
import type { JsonObject } from '../recording.ts'
import type { Neighbour, NeighbourTerms, OpenNeighbour, Row } from './neighbour.ts'

/**
 * The provider of the recorded projects had no consent page: a code is exchanged for itself, and the access token says who it is,
 * `ID`, `ID:EMAIL` or `ID:EMAIL:verified`. `refused` is refused.
 */
const address = await listening()

async function listening(): Promise<string> {
  const server = createServer(async (request, response) => {
    const answer = answerOf(request, new URLSearchParams(await textOf(request)))
    response.writeHead('error' in answer ? 400 : 200, {
      'content-type': 'application/json',
      // Nothing keeps the process.
      connection: 'close',
    })
    response.end(JSON.stringify(answer))
  })
  server.unref()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const textOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

function answerOf({ url, headers }: IncomingMessage, body: URLSearchParams): object {
  const token = headers.authorization?.replace('Bearer ', '') ?? body.get('code') ?? ''
  if (token === 'refused') return { error: 'invalid_grant' }
  if (url === '/token') return { access_token: token, token_type: 'Bearer' }
  if (url === '/application') return { application: CLIENT.clientId }
  const [id, email, verified] = token.split(':')
  return { id, ...(email && { email }), verified: verified === 'verified' }
}

const CLIENT = { clientId: 'oracle-client', clientSecret: 'oracle-secret' } as const

const provider = (authorization: string, scope: string) =>
  oauth2({
    ...CLIENT,
    scope,
    redirectUris: ['http://app.example.test/done', 'http://app.example.test/other'],
    endpoints: { authorization, token: `${address}/token`, userInfo: `${address}/me` },
    profile: ({ id, email, verified }: ProviderClaims) => ({
      subject: id,
      email,
      emailVerified: verified,
      username: `social-${id}`,
    }),
    tokenProof: {
      request: (token) => ({
        url: `${address}/application`,
        method: 'GET',
        headers: { authorization: `Bearer ${token}` },
      }),
      audienceOf: ({ application }) => application,
    },
  })

const PROVIDERS = {
  local: provider('https://provider.example.test/authorize', 'email'),
  oracle: {
    ...provider('https://provider.example.test/authorize', 'email'),
    redirectUris: ['http://app.example.test/callback'],
  },
  'google-oauth2': provider(
    'https://accounts.google.com/o/oauth2/auth',
    'openid email profile',
  ),
}

const open = (_: JsonObject, { config }: NeighbourTerms): OpenNeighbour => ({
  schemes: {},
  options: { social: PROVIDERS },
  views: () => [],
  // In place of Django's session.
  ...(config.NEIGHBOURS?.includes('social') && {
    cookies: { sessionid: 'watchword-social' },
  }),
  // Theirs count: the paths of recorded requests name the first one.
  async settle(db) {
    db.exec("update identities set id = '1' where (select count(*) from identities) = 1")
  },
  placeholder: (text, path) =>
    path === 'authorization_url' ? urlShown(text) : undefined,
})

/** An address without what is random. */
function urlShown(text: string): string {
  const url = new URL(text)
  for (const name of ['state', 'code_challenge'])
    if (url.searchParams.has(name)) url.searchParams.set(name, `<${name}>`)
  return decodeURIComponent(url.href)
}

const ROWS =
  'select i.id, u.username as user, i.provider, i.subject as uid from identities i join users u on u.id = i.user_id'

/** Providers to sign in with: those of python-social-auth beside Djoser, and of allauth beside dj-rest-auth. */
export const socialNeighbour: Neighbour = {
  name: 'social',
  section: 'SOCIAL',
  isIn: (config: { readonly NEIGHBOURS?: readonly string[] }) =>
    config.NEIGHBOURS?.includes('allauth') === true,
  settings: [],
  authenticators: [],
  effect: 'social',
  open,
  rows: (db: DatabaseSync) =>
    new Map(
      (db.prepare(ROWS).all() as (Row & { readonly id: string })[]).map(
        ({ id, ...row }) => [id, row],
      ),
    ),
  changesOfOurs: ({ deleted, ...changes }: JsonObject) => ({
    ...changes,
    ...(deleted !== undefined && {
      deleted: (deleted as readonly JsonObject[]).map(({ user = null }) => ({ user })),
    }),
  }),
}
