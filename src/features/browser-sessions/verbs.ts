import { callHook } from '../../base/call-hook.ts'
import { AuthError } from '../../base/errors.ts'
import { json } from '../../http/answer.ts'
import { setCookies } from '../../http/cookies.ts'
import { crossSiteFault } from '../../http/origins.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { Instance } from '../../instance/instance.ts'
import type { Settings } from '../../settings/settings.ts'
import { passwordSignIn } from '../../sign-in/sign-in.ts'
import type { TokenVerbs } from '../tokens/verbs.ts'
import {
  type BrowserSessionSettings,
  cookiesAtSignIn,
  cookiesAtSignOut,
  findBrowserSession,
  openBrowserSession,
} from './browser-session.ts'
import { csrfError, csrfTokenOf, requireCsrfToken } from './csrf.ts'

/** How browsers sign in and out, on the terms of the first scheme that has some. */
export function browserVerbs(
  settings: Settings,
  open: () => Promise<Instance>,
): Pick<TokenVerbs, 'login' | 'logout'> {
  const signIn = passwordSignIn(settings)
  const terms = settings.authentication.find(
    ({ browser }) => browser !== undefined,
  )?.browser

  /** Ends the session that a request bears. */
  const end = async (
    found: Awaited<ReturnType<typeof findBrowserSession>>,
    { deps, audit }: Instance,
  ): Promise<void> => {
    if (found === undefined) return
    const { id: sessionId, userId } = found.session
    if (!(await deps.sessions!.revoke(sessionId, 'logout', deps.clock()))) return
    void audit.record({ kind: 'signed_out', userId, sessionId })
    await callHook(settings.log, 'on.signedOut', () =>
      settings.on.signedOut?.({ sessionId, userId }),
    )
  }

  return {
    async login(login, password, request) {
      const on = termsOrRefuse(terms)
      // Signing somebody in as somebody else is an attack, too: nothing is spent on it.
      refuseOtherSites(request, on)
      const instance = await open()
      const before = await findBrowserSession(request, on, instance.deps)
      const { user } = await signIn(login, password, request, instance)
      const secret = await openBrowserSession(user, on, instance.deps)
      await end(before, instance)
      const body = {
        user: { id: user.id, username: user.username },
        csrfToken: csrfTokenOf(secret),
      }
      return json(body, { headers: setCookies(cookiesAtSignIn(secret, request, on)) })
    },
    async logout(request) {
      const on = termsOrRefuse(terms)
      refuseOtherSites(request, on)
      const instance = await open()
      const found = await findBrowserSession(request, on, instance.deps)
      if (found !== undefined) await requireCsrfToken(request, found.secret, on)
      await end(found, instance)
      return json({}, { headers: setCookies(cookiesAtSignOut(request, on)) })
    },
  }
}

/** Settings without such a scheme have no such endpoints. */
function termsOrRefuse(
  terms: BrowserSessionSettings | undefined,
): BrowserSessionSettings {
  if (terms === undefined)
    throw new AuthError('invalid_config', 'no scheme signs browsers in')
  return terms
}

/** Also of who is not signed in: an answer with cookies in it changes what the browser has. */
function refuseOtherSites(request: AuthRequest, terms: BrowserSessionSettings): void {
  const fault = crossSiteFault(request, terms)
  if (fault !== undefined) throw csrfError(fault)
}
