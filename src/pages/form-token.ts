import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Random } from '../base/random.ts'
import { cookieValues, serializeCookie } from '../http/cookies.ts'
import { csrfError, refuseCrossSite } from '../http/cross-site.ts'
import { csrfTokenOf, isCsrfTokenOf, maskedToken } from '../http/csrf.ts'
import type { SiteCheck } from '../http/origins.ts'
import type { AuthRequest } from '../http/request.ts'
import type { Form } from './form.ts'
import { ownCookieName } from './own-cookie.ts'

/** The field of every form that is sent. Django's name. */
export const TOKEN_FIELD = 'csrfmiddlewaretoken'

/**
 * What the token of a form is bound to: the session of a user who is signed in, else a cookie. Without a token in the forms that sign in,
 * another site could sign its visitors in as another user.
 */
export interface FormBinding {
  readonly secrets: readonly string[]
  /** The cookie to set: a browser without one gets it with its first page. */
  readonly setCookie: string | undefined
}

const COOKIE = 'watchword-form'
const SECRET = /^[\w-]{43}$/
const LIFETIME = 86_400

/** The binding of a browser that is not signed in. */
export function anonymousBinding(
  request: AuthRequest,
  { mayBePlain }: SiteCheck,
  random: Random,
): FormBinding {
  const secure = !mayBePlain(request)
  const name = ownCookieName(COOKIE, secure)
  const found = cookieValues(name, request.header('cookie')).filter((each) =>
    SECRET.test(each),
  )
  if (found.length > 0) return { secrets: found.slice(0, 5), setCookie: undefined }
  const secret = Buffer.from(random(32)).toString('base64url')
  const attributes = { maxAge: LIFETIME, secure, httpOnly: true }
  return { secrets: [secret], setCookie: serializeCookie(name, secret, attributes) }
}

/** The value of the field, another one on each page: a compressed answer must not reveal it (BREACH). */
export const formTokenOf = ({ secrets: [secret = ''] }: FormBinding, random: Random) =>
  maskedToken(csrfTokenOf(secret), random)

/** @throws AuthError `csrf_failed` if another site may have made the browser send the form */
export function requireFormToken(
  request: AuthRequest,
  form: Form,
  { secrets, setCookie }: FormBinding,
  settings: SiteCheck,
): void {
  refuseCrossSite(request, settings)
  const token = form.text(TOKEN_FIELD)
  if (setCookie !== undefined) throw csrfError('CSRF cookie not set.')
  if (token === '') throw csrfError('CSRF token missing.')
  if (!secrets.some((secret) => isCsrfTokenOf(token, secret)))
    throw csrfError('CSRF token from POST incorrect.')
}

/** Binds a value of a page to the browser that has asked for it: a code that was sent is worth nothing elsewhere. */
export const browserBinding = (
  { secrets: [secret = ''] }: FormBinding,
  purpose: string,
): string => createHmac('sha256', secret).update(purpose).digest('base64url')

export const isSameText = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
