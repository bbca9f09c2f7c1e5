import { AuthError } from '../base/errors.ts'
import type { EndpointSettings } from '../features/core.ts'
import { FEATURE_LIST } from '../features.ts'
import { replyOf } from '../http/reply.ts'
import { asksForSignIn } from '../pages/navigation.ts'
import { nextPath, withNext } from '../pages/next-path.ts'
import { needsSignInPages } from '../settings/sign-in-pages.ts'
import type { Guards } from './guards.ts'
import type { Internals } from './internals.ts'

type SignInSettings = Pick<EndpointSettings, 'section' | 'authentication'>

const signInPageOf = (settings: SignInSettings) =>
  FEATURE_LIST.map((feature) => feature.signInPage?.(settings)).find(
    (page) => page !== undefined,
  )

/** The page to sign in, if the routes of the application take the cookie that it sets. */
export function signInPathOf(settings: SignInSettings): Internals['signInPath'] {
  const page = signInPageOf(settings)
  return page && ((next) => withNext(page.path, nextPath(next)))
}

type Guard = ReturnType<Guards['create']>

/** The option `pages.redirect`. */
interface Redirects {
  /** A guard whose refusals of navigations are remembered. */
  around(guard: Guard): Guard
  of(error: AuthError): string | undefined
}

export function redirectsToSignIn(
  settings: SignInSettings,
  signInPath: Internals['signInPath'],
): Redirects {
  if (signInPath === undefined || !signInPageOf(settings)?.redirects)
    return { around: (guard) => guard, of: () => undefined }
  const locations = new WeakMap<AuthError, string>()
  return {
    around: (guard) => async (request) => {
      try {
        return await guard(request)
      } catch (error) {
        if (error instanceof AuthError && asksForSignIn(error, request))
          locations.set(error, signInPath(request.url))
        throw error
      }
    },
    of: (error) => locations.get(error),
  }
}

/** Pages of features answer the paths below theirs. */
export function notFoundWith(
  settings: Pick<EndpointSettings, 'section' | 'url'>,
  replyToError: Internals['replyToError'],
): Internals['notFound'] {
  const { section } = settings
  const areNeeded = needsSignInPages(section)
  const pages = FEATURE_LIST.flatMap(
    (each) => each.errorPages?.(section, areNeeded) ?? [],
  )
  const error = new AuthError('not_found')
  return async (request) => {
    const page = pages.find(({ path }) => request.url.startsWith(`${path}/`))
    try {
      if (page !== undefined) return replyOf(await page.answer(error, request, settings))
    } catch (fault) {
      return replyToError(fault)
    }
    return replyToError(error)
  }
}
