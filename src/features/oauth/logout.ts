import { AuthError } from '../../base/errors.ts'
import { ifDefined } from '../../base/optional.ts'
import { redirect } from '../../http/answer.ts'
import { setCookies } from '../../http/cookies.ts'
import type { Claims } from '../../jwt/index.ts'
import { seeOther, shown } from '../../pages/answers.ts'
import {
  cookiesAtSignOut,
  findBrowserSessions,
  revokeBrowserSession,
} from '../browser-sessions/browser-session.ts'
import type { Core } from '../core.ts'
import type { PageHandlers, PageResult } from '../pages/page.ts'
import type { Visit } from '../pages/visit.ts'
import type { StoredClient } from './client.ts'
import { hintedClaims } from './id-token-hint.ts'
import { invalidRequest } from './oauth-error.ts'
import { subjectsOf } from './pairwise/subjects.ts'
import { type Parameters, parametersOf, queryParameters } from './parameters.ts'
import { clientStore } from './sql.ts'
import { formTargetOf, refusedPage, signOutPage } from './views.ts'

/**
 * `/oauth/logout` (OpenID Connect RP-Initiated Logout 1.0). With an ID token of the user who is signed in, the browser is signed out at
 * once; otherwise the user is asked, since any site can open this page.
 */
export const logout: PageHandlers = {
  async get(visit) {
    try {
      const parameters = queryParameters(visit.request)
      const asked = await parseLogout(parameters, visit.core)
      if (await isOwnSignOut(asked, visit)) return await signOut(asked, visit)
      return shown(signOutPage(visit, parameters), visit.site, {
        formTargets: [asked.redirectUri].flatMap((uri) => uri ?? []).map(formTargetOf),
      })
    } catch (error) {
      if (!(error instanceof AuthError) || error.code !== 'invalid_request') throw error
      return shown(refusedPage(visit, error.detail), visit.site, { status: 400 })
    }
  },
  post: async (visit) =>
    signOut(await parseLogout(parametersOf(visit.form), visit.core), visit),
}

interface Logout {
  /** The user of the ID token, as its application names it. */
  readonly subject: string | undefined
  readonly client: StoredClient | undefined
  readonly redirectUri: string | undefined
  readonly state: string | undefined
}

/** Whether all sessions of the browser are of the user of the ID token. Those of another user only end after a confirmation. */
async function isOwnSignOut(
  { subject, client }: Logout,
  { request, sessionSettings, core }: Visit,
): Promise<boolean> {
  const all = await findBrowserSessions(request, sessionSettings, core)
  const nameOf = await namesFor(client, core)
  return all.every(({ session }) => ifDefined(session.userId, nameOf) === subject)
}

/** An application that was deleted has no pairwise names. */
async function namesFor(client: StoredClient | undefined, core: Core) {
  if (client === undefined) return (userId: string): string => userId
  return (await subjectsOf(client, core)).of
}

/** @throws AuthError `invalid_request` */
async function parseLogout(parameters: Parameters, core: Core): Promise<Logout> {
  const hint = hintedClaims(parameters, core)
  const client = await clientOf(parameters, hint, core)
  const redirectUri = parameters.get('post_logout_redirect_uri')
  if (redirectUri !== undefined) requireRegistered(redirectUri, client)
  return {
    subject: hint?.sub as string | undefined,
    client,
    redirectUri,
    state: parameters.get('state'),
  }
}

/** @throws AuthError `invalid_request` */
async function clientOf(
  parameters: Parameters,
  hint: Claims | undefined,
  core: Core,
): Promise<StoredClient | undefined> {
  const named = parameters.get('client_id')
  const hinted = hint?.aud as string | undefined
  if (named !== undefined && hinted !== undefined && named !== hinted)
    throw invalidRequest(
      'Mismatch between the Client ID of the ID Token and the Client ID that was provided.',
    )
  const id = named ?? hinted
  if (id === undefined) return undefined
  return core.ports(clientStore).clients.find(id)
}

/** @throws AuthError `invalid_request` */
function requireRegistered(uri: string, client: StoredClient | undefined): void {
  if (client === undefined || client.disabledAt !== undefined)
    throw invalidRequest('The client is unknown or no client has been included.')
  if (!client.postLogoutRedirectUris.includes(uri))
    throw invalidRequest('This client does not have this redirect uri registered.')
}

async function signOut(
  { redirectUri, state }: Logout,
  { core, request, sessionSettings, accountPath }: Visit,
): Promise<PageResult> {
  for (const each of await findBrowserSessions(request, sessionSettings, core))
    await revokeBrowserSession(each, core)
  const cookies = cookiesAtSignOut(request, sessionSettings)
  if (redirectUri === undefined) return seeOther(accountPath('/signed-out/'), { cookies })
  const address = withState(redirectUri, state)
  return redirect(address, { status: 303, headers: setCookies(cookies) })
}

function withState(uri: string, state: string | undefined): string {
  if (state === undefined) return uri
  const separator = uri.includes('?') ? '&' : '?'
  return `${uri}${separator}${new URLSearchParams({ state })}`
}
