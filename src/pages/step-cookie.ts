import { cookieValues, serializeCookie } from '../http/cookies.ts'
import type { SiteCheck } from '../http/origins.ts'
import type { AuthRequest } from '../http/request.ts'
import { ownCookieName } from './own-cookie.ts'

/**
 * What a browser carries from one page of a flow to the next, such as the value of a link, so that it stands in no address. The user may
 * change it: it proves nothing.
 */
export type Step = Readonly<Record<string, string>>

/** Names of the flows. Two tabs with different flows do not disturb each other. */
export type StepName = 'link' | 'code' | 'ticket' | 'sent' | 'continue'

const nameOf = (step: StepName, secure: boolean): string =>
  ownCookieName(`watchword-${step}`, secure)

/** Longer than any step; a browser keeps 4,096 bytes. */
const MAX_LENGTH = 3500

/** @returns `undefined` without the cookie, or if it cannot be read */
export function readStep(
  name: StepName,
  request: AuthRequest,
  { mayBePlain }: Pick<SiteCheck, 'mayBePlain'>,
): Step | undefined {
  const [value] = cookieValues(
    nameOf(name, !mayBePlain(request)),
    request.header('cookie'),
  )
  if (value === undefined || value.length > MAX_LENGTH) return undefined
  try {
    const step: unknown = JSON.parse(Buffer.from(value, 'base64url').toString())
    if (isStep(step)) return step
  } catch {
    // Anything can be in a cookie.
  }
  return undefined
}

const isStep = (value: unknown): value is Step =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((each) => typeof each === 'string' && each.isWellFormed())

/** @param lifetime in seconds @returns the value of `Set-Cookie` */
export const stepCookie = (
  name: StepName,
  step: Step,
  lifetime: number,
  request: AuthRequest,
  { mayBePlain }: Pick<SiteCheck, 'mayBePlain'>,
): string => {
  const secure = !mayBePlain(request)
  const value = Buffer.from(JSON.stringify(step)).toString('base64url')
  const attributes = { maxAge: lifetime, secure, httpOnly: true }
  return serializeCookie(nameOf(name, secure), value, attributes)
}

/** @returns the value of `Set-Cookie` that ends a flow */
export const endOfStep = (
  name: StepName,
  request: AuthRequest,
  settings: Pick<SiteCheck, 'mayBePlain'>,
): string => stepCookie(name, {}, 0, request, settings)
