import { tokenAtSignIn } from '../../features/api-tokens/obtain.ts'
import {
  type BrowserSessionSettings,
  cookiesAtSignIn,
  openBrowserSession,
} from '../../features/browser-sessions/browser-session.ts'
import type { Core } from '../../features/core.ts'
import { empty } from '../../http/answer.ts'
import type { Answers, DescribedAnswer } from '../../http/description.ts'
import { closed, type JsonSchema, text } from '../../http/json-schema.ts'
import type { AuthRequest } from '../../http/request.ts'
import { obtainPair, type Pair } from '../../tokens/pairs.ts'
import type { Account } from '../../users/user.ts'
import {
  accessExpiration,
  answerWith,
  type PresetParts,
  refreshExpiration,
  tokenBody,
  tokenCookieValues,
  userBody,
  userBodySchema,
} from './answer.ts'
import { setsCookies } from './cookies.ts'

export interface PresetSignIn extends PresetParts {
  /** With the option `sessionLogin`. */
  readonly browser: BrowserSessionSettings | undefined
  /** Values of `amr`. Default `["pwd"]`. */
  readonly methods?: readonly string[]
}

interface Started {
  readonly pair: Pair | undefined
  readonly key: string | undefined
  /** Of the browser session. */
  readonly secret: string | undefined
}

/** Signs an account in, and answers what the options say. @param status of an answer with tokens */
export async function signIn(
  account: Account,
  request: AuthRequest,
  parts: PresetSignIn,
  core: Core,
  status = 200,
): Promise<object> {
  const { pair, key, secret } = await start(account, request, parts, core)
  const { settings, browser } = parts
  const session =
    secret === undefined || browser === undefined
      ? []
      : cookiesAtSignIn(secret, request, browser)
  if (key !== undefined) return answerWith({ key }, session, status)
  if (pair === undefined)
    return empty({ headers: session.map((each) => ['Set-Cookie', each]) })
  const cookies = tokenCookieValues(pair, request, parts, core)
  const body = {
    access: pair.access,
    refresh: tokenBody(pair, settings).refresh ?? '',
    user: userBody(account.user, settings),
    ...(settings.returnExpiration && {
      ...accessExpiration(pair),
      ...refreshExpiration(pair),
    }),
  }
  return answerWith(body, [...cookies, ...session], status)
}

/** What `signIn` answers. */
export function signInAnswers(
  { settings }: PresetParts,
  hasSession: boolean,
  status = 200,
): Answers {
  const sets = hasSession || setsCookies(settings)
  const headers: DescribedAnswer = {
    description: 'Signed in.',
    ...(sets && { headers: ['Set-Cookie'] }),
  }
  switch (settings.issue) {
    case 'none':
      return { 204: headers }
    case 'token':
      return { [status]: { ...headers, schema: closed({ key: text() }) } }
    case 'jwt':
      return { [status]: { ...headers, schema: pairSchema(settings) } }
  }
}

const pairSchema = (settings: PresetParts['settings']): JsonSchema =>
  closed({
    access: text(),
    refresh: text('Empty if it is in a cookie.'),
    user: userBodySchema(settings),
    ...(settings.returnExpiration && {
      access_expiration: text(),
      refresh_expiration: text(),
    }),
  })

const start = (
  account: Account,
  request: AuthRequest,
  { settings: { issue }, browser, methods = ['pwd'] }: PresetSignIn,
  core: Core,
): Promise<Started> =>
  core.completeSignIn(account, {
    methods,
    request,
    starts: issue === 'token' && browser === undefined ? 'api token' : 'session',
    async start(checked) {
      const tokens = issue === 'jwt' ? await obtainPair(checked, core.tokens) : undefined
      const key = issue === 'token' ? await tokenAtSignIn(checked, core) : undefined
      const opened = browser && (await openBrowserSession(checked, browser, core))
      return {
        result: { pair: tokens, key, secret: opened?.result },
        sessionId: tokens?.session?.id ?? opened?.sessionId,
        detail: { with: 'dj-rest-auth' },
      }
    },
  })
