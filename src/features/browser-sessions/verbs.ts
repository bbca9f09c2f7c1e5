import {
  type BrowserTerms,
  cookiesAtSignIn,
  cookiesAtSignOut,
  findBrowserSession,
  openBrowserSession,
} from './browser-session.ts'
import { csrfFailed, csrfTokenOf, refuseForgery } from './csrf.ts'
import { siteFault } from '../../http/origins.ts'
import { Refusal } from '../../base/errors.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { TokenVerbs } from '../tokens/verbs.ts'
import type { Settings } from '../../settings/settings.ts'
import type { House } from '../../instance/instance.ts'
import { signInVia } from '../../sign-in/sign-in.ts'
import { tell } from '../../base/call-hook.ts'

/** How browsers sign in and out, on the terms of the first scheme that has some. */
export function browserVerbs(settings: Settings, open: () => Promise<House>): Pick<TokenVerbs, 'login' | 'logout'> {
  const signIn = signInVia(settings)
  const terms = settings.authentication.find(({ browser }) => browser !== undefined)?.browser

  /** Ends the session that a request bears. */
  const end = async (found: Awaited<ReturnType<typeof findBrowserSession>>, { world, audit }: House): Promise<void> => {
    if (found === undefined) return
    const { id: sessionId, userId } = found.session
    if (!(await world.sessions!.end(sessionId, 'logout', world.clock()))) return
    void audit.record({ kind: 'signed_out', userId, sessionId })
    await tell(settings.log, 'on.signedOut', () => settings.on.signedOut?.({ sessionId, userId }))
  }

  return {
    async login(login, password, request, setCookie) {
      const on = termsOrRefuse(terms)
      // Signing somebody in as somebody else is an attack, too: nothing is spent on it.
      refuseOtherSites(request, on)
      const house = await open()
      const before = await findBrowserSession(request, on, house.world)
      const { user } = await signIn(login, password, request, house)
      const secret = await openBrowserSession(user, on, house.world)
      await end(before, house)
      for (const cookie of cookiesAtSignIn(secret, request, on)) setCookie(cookie)
      return { user: { id: user.id, username: user.username }, csrfToken: csrfTokenOf(secret) }
    },
    async logout(request, setCookie) {
      const on = termsOrRefuse(terms)
      refuseOtherSites(request, on)
      const house = await open()
      const found = await findBrowserSession(request, on, house.world)
      if (found !== undefined) await refuseForgery(request, found.secret, on)
      await end(found, house)
      for (const cookie of cookiesAtSignOut(request, on)) setCookie(cookie)
    },
  }
}

/** Settings without such a scheme have no such endpoints. */
function termsOrRefuse(terms: BrowserTerms | undefined): BrowserTerms {
  if (terms === undefined) throw new Refusal('config_refused', 'no scheme signs browsers in')
  return terms
}

/** Also of who is not signed in: an answer with cookies in it changes what the browser has. */
function refuseOtherSites(request: AuthRequest, terms: BrowserTerms): void {
  const fault = siteFault(request, terms)
  if (fault !== undefined) throw csrfFailed(fault)
}
