import { createHash } from 'node:crypto'
import type { NewClient } from '../../src/features/oauth/new-client.ts'
import type { Options } from '../../src/settings/options.ts'
import type { Scope } from '../cleanup.ts'
import { testBrowser } from '../pages/site.ts'
import { basicOf, type Credentials, type Provider, provider } from './setup.ts'

export const REDIRECT = 'https://shop.example.com/cb'
export const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'

/** RFC 7636 appendix B. */
export const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
export const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

export const challengeOf = (verifier: string): string =>
  createHash('sha256').update(verifier).digest('base64url')

const SHOP: Partial<NewClient> = {
  name: 'Shop',
  redirectUris: [REDIRECT],
  scopes: ['openid', 'email', 'profile', 'posts:read', 'posts:write'],
}

/** A provider with a user, ada, and her browser. */
export const withUser = (t: Scope, options: Options = {}) => userOf(provider(t, options))

export async function userOf<App extends Pick<Provider, 'auth' | 'client' | 'form'>>(
  app: App,
) {
  const ada =
    (await app.auth.users.find('ada')) ??
    (await app.auth.users.create({
      username: 'ada',
      email: 'ada@example.com',
      emailVerified: true,
      password: PASSWORD,
    }))
  const browser = testBrowser(app.auth)

  const shop = (input: Partial<NewClient> = {}) => app.client({ ...SHOP, ...input })
  const address = (
    client: Pick<Credentials, 'id'>,
    more: Record<string, string | undefined> = {},
  ): string => {
    const all = {
      response_type: 'code',
      client_id: client.id,
      redirect_uri: REDIRECT,
      scope: 'openid posts:read',
      state: 'a state',
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
      ...more,
    }
    const given = Object.entries(all).filter(([, value]) => value !== undefined)
    return `/oauth/authorize?${new URLSearchParams(given as [string, string][])}`
  }
  /** Pushes a request (RFC 9126). */
  const pushed = (
    { id, secret }: Credentials,
    more: Record<string, string | undefined> = {},
    headers: Record<string, string> = {},
  ) => {
    const query = address({ id }, more).replace(/^[^?]*\?/, '')
    const authorization = secret === '' ? undefined : basicOf(id, secret)
    return app.form('/oauth/par', new URLSearchParams(query), authorization, headers)
  }
  const signIn = () =>
    browser.submit({ button: 'Sign in' }, { login: 'ada', password: PASSWORD })

  return {
    ...app,
    ada,
    browser,
    shop,
    address,
    pushed,
    signIn,
    /** Signs ada in beforehand. */
    async signedIn() {
      await browser.open('/account/sign-in/')
      await signIn()
    },
    /** What the application gets when ada agrees. */
    async agree(
      client: Pick<Credentials, 'id'>,
      more: Record<string, string | undefined> = {},
    ): Promise<URLSearchParams> {
      const page = await browser.open(address(client, more))
      if (page.heading.includes('Sign in')) await signIn()
      if (browser.page.heading.startsWith('Allow'))
        await browser.submit({ button: 'Allow' })
      return answerIn(browser.page)
    },
    exchange: (
      { id, secret }: Credentials,
      fields: Record<string, string | undefined>,
    ) => {
      const all = {
        grant_type: 'authorization_code',
        redirect_uri: REDIRECT,
        code_verifier: VERIFIER,
        ...fields,
      }
      const given = Object.entries(all).filter(([, value]) => value !== undefined)
      return app.form(
        '/oauth/token',
        Object.fromEntries(given) as Record<string, string>,
        secret === '' ? undefined : basicOf(id, secret),
      )
    },
    refresh: (
      { id, secret }: Credentials,
      token: string,
      more: Record<string, string> = {},
    ) =>
      app.form(
        '/oauth/token',
        { grant_type: 'refresh_token', refresh_token: token, ...more },
        basicOf(id, secret),
      ),
  }
}

/** The address of the consent page for a request that was pushed. */
export const referenceTo = (client: Pick<Credentials, 'id'>, reference = ''): string =>
  `/oauth/authorize?${new URLSearchParams({ client_id: client.id, request_uri: reference })}`

/** The parameters that an application gets: of a redirect, or of a page that goes on by itself. */
export function answerIn({
  path,
  text,
}: {
  path: string
  text: string
}): URLSearchParams {
  const [, refresh] = /http-equiv="refresh" content="0;url=([^"]*)"/.exec(text) ?? []
  const url = new URL(
    (refresh ?? path).replaceAll('&amp;', '&'),
    'https://app.example.com',
  )
  return url.searchParams
}
