import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Random } from '../base/random.ts'
import { cookieValues } from './cookies.ts'
import { csrfError } from './cross-site.ts'
import { crossSiteFault, type SiteCheck } from './origins.ts'
import type { AuthRequest } from './request.ts'

const ALPHABET = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const LENGTH = 32

/**
 * The CSRF token that belongs to a session: 32 characters that reveal nothing of its secret. A neighbouring host that can set cookies
 * for this one has none that fits (rule H10); Django's comparison of cookie and header does not notice such a cookie.
 */
export const csrfTokenOf = (secret: string): string =>
  [...createHmac('sha256', secret).update('csrf').digest()]
    .map((byte) => ALPHABET[byte % ALPHABET.length])
    .join('')

export interface CsrfSettings extends SiteCheck {
  /** The cookie in which scripts find the token. */
  readonly csrfCookie: string
}

/**
 * Rejects requests that another site may have made the browser send, as Django's `CsrfViewMiddleware` does.
 *
 * @param secrets of the sessions that the request bears
 * @throws AuthError `csrf_failed`, in Django's words
 */
export async function requireCsrfToken(
  request: AuthRequest,
  secrets: readonly string[],
  settings: CsrfSettings,
): Promise<void> {
  const fault =
    crossSiteFault(request, settings) ?? (await tokensFault(request, secrets, settings))
  if (fault !== undefined) throw csrfError(fault)
}

async function tokensFault(
  request: AuthRequest,
  secrets: readonly string[],
  { csrfCookie }: CsrfSettings,
): Promise<string | undefined> {
  const isCheckedByOrigin =
    request.isRead !== undefined && request.header('origin') !== undefined
  if (isCheckedByOrigin) return undefined
  return (
    cookieFault(cookieValues(csrfCookie, request.header('cookie'))) ??
    (await tokenFault(request, secrets.map(csrfTokenOf)))
  )
}

/** One cookie of the right form is enough: other hosts of the domain may have set the rest. */
function cookieFault(cookies: readonly string[]): string | undefined {
  if (cookies.length === 0) return 'CSRF cookie not set.'
  const faults = cookies.map(formFault)
  if (faults.includes(undefined)) return undefined
  return `CSRF cookie ${faults.at(-1)}.`
}

async function tokenFault(
  request: AuthRequest,
  expected: readonly string[],
): Promise<string | undefined> {
  const header = request.header('x-csrftoken')
  if (header) return sentTokenFault(header, expected, "the 'X-Csrftoken' HTTP header")
  const field = await fieldIn(request)
  if (field) return sentTokenFault(field, expected, 'POST')
  if (header === undefined) return 'CSRF token missing.'
  return sentTokenFault(header, expected, "the 'X-Csrftoken' HTTP header")
}

/** @param from where the token was sent, for the message */
function sentTokenFault(
  token: string,
  expected: readonly string[],
  from: string,
): string | undefined {
  const fault = formFault(token) ?? valueFault(token, expected)
  if (fault === undefined) return undefined
  return `CSRF token from ${from} ${fault}.`
}

function valueFault(token: string, expected: readonly string[]): string | undefined {
  const plain = unmasked(token)
  if (expected.some((each) => isSame(plain, each))) return undefined
  return 'incorrect'
}

function formFault(text: string): string | undefined {
  if (text.length !== LENGTH && text.length !== 2 * LENGTH) return 'has incorrect length'
  if (/^[A-Za-z\d]*$/.test(text)) return undefined
  return 'has invalid characters'
}

const isSame = (token: string, expected: string): boolean =>
  timingSafeEqual(Buffer.from(token), Buffer.from(expected))

/** Whether a token, masked or not, belongs to a session. */
export function isCsrfTokenOf(token: string, secret: string): boolean {
  return formFault(token) === undefined && isSame(unmasked(token), csrfTokenOf(secret))
}

/** A token behind a mask, which is sent with it: another text each time. */
export function maskedToken(token: string, random: Random): string {
  const mask = [...random(LENGTH)].map((byte) => byte % ALPHABET.length)
  const cipher = [...token].map((character, i) =>
    ALPHABET.at((ALPHABET.indexOf(character) + (mask[i] ?? 0)) % ALPHABET.length),
  )
  return [...mask.map((place) => ALPHABET[place]), ...cipher].join('')
}

/** Pages may hold the token behind a mask, which is sent with it. */
function unmasked(token: string): string {
  if (token.length === LENGTH) return token
  const places = [...token].map((character) => ALPHABET.indexOf(character))
  return places
    .slice(LENGTH)
    .map((cipher, i) => ALPHABET.at((cipher - places[i]!) % ALPHABET.length))
    .join('')
}

/** The field of a form that a page without scripts sends; never of JSON. The body stays readable for the handler. */
async function fieldIn(request: AuthRequest): Promise<string | undefined> {
  const type = request.header('content-type') ?? ''
  if (
    request.isRead !== undefined ||
    request.method !== 'POST' ||
    !/^\s*application\/x-www-form-urlencoded\s*(?:;|$)/i.test(type)
  )
    return undefined
  const bytes = await request.peek?.()
  if (bytes === undefined) return undefined
  return (
    new URLSearchParams(Buffer.from(bytes).toString('utf8')).get('csrfmiddlewaretoken') ??
    undefined
  )
}
