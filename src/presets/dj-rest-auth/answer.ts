import type { Core } from '../../features/core.ts'
import { json } from '../../http/answer.ts'
import { setCookies } from '../../http/cookies.ts'
import { closed, type JsonSchema, named, text } from '../../http/json-schema.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { RefreshedTokens } from '../../tokens/pairs.ts'
import { cookiesWithTokens, expiryOf } from '../../tokens/token-cookies.ts'
import type { User } from '../../users/user.ts'
import { isoWithMicroseconds } from '../iso-time.ts'
import { hidesRefresh, type PresetCookies, setsCookies } from './cookies.ts'
import type { DjRestAuthSettings } from './options.ts'

export const DETAIL_SENT = 'Verification e-mail sent.'

/** The user as the preset shows it. */
export function userBody(user: User, settings: DjRestAuthSettings): object {
  if (settings.user !== undefined) return settings.user(user)
  const { first_name = '', last_name = '' } = user.attributes
  return {
    pk: /^\d{1,15}$/.test(user.id) ? Number(user.id) : user.id,
    username: user.username,
    email: user.email ?? '',
    first_name,
    last_name,
  }
}

/** What `userBody` returns. */
export const userBodySchema = ({ user }: DjRestAuthSettings): JsonSchema =>
  user === undefined ? USER : { type: 'object' }

const USER = named(
  'UserDetails',
  closed({
    pk: { type: ['string', 'integer'] },
    username: text(),
    email: text(),
    first_name: text(),
    last_name: text(),
  }),
)

/** The members of an answer with tokens: the refresh token only if no cookie hides it. */
export function tokenBody(
  { access, refresh }: RefreshedTokens,
  settings: DjRestAuthSettings,
): { readonly access: string; readonly refresh?: string } {
  if (refresh === undefined || hidesRefresh(settings)) return { access }
  return { access, refresh }
}

export const accessExpiration = ({ access }: RefreshedTokens): object => ({
  access_expiration: isoOf(access),
})

export function refreshExpiration({ refresh }: RefreshedTokens): object {
  if (refresh === undefined) return {}
  return { refresh_expiration: isoOf(refresh) }
}

const isoOf = (token: string): string =>
  isoWithMicroseconds(new Date(expiryOf(token) * 1000))

/** The cookies of tokens. */
export function tokenCookieValues(
  tokens: RefreshedTokens,
  request: AuthRequest,
  { settings, cookies }: PresetParts,
  core: Core,
): readonly string[] {
  if (!setsCookies(settings)) return []
  return cookiesWithTokens(tokens, request, cookies(core), core)
}

export const answerWith = (
  body: object,
  cookies: readonly string[],
  status = 200,
): object => json(body, { status, headers: setCookies(cookies) })

/** What the endpoints of the preset are made from. */
export interface PresetParts {
  readonly settings: DjRestAuthSettings
  readonly cookies: PresetCookies
}
