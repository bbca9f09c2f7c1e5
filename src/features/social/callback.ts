import { AuthError } from '../../base/errors.ts'
import { type Answer, redirect } from '../../http/answer.ts'
import { setCookies } from '../../http/cookies.ts'
import type { AuthRequest, Header } from '../../http/request.ts'
import { cookiesWithTokens } from '../../tokens/token-cookies.ts'
import type { Account } from '../../users/user.ts'
import {
  cookiesAtSignIn,
  findBrowserSessions,
  openBrowserSession,
  revokeBrowserSession,
} from '../browser-sessions/browser-session.ts'
import { browserSettingsIn, hasBrowserScheme } from '../browser-sessions/scheme.ts'
import type { Core, EndpointSettings } from '../core.ts'
import { accountOfProfile, METHODS } from './account-of-profile.ts'
import { providerNamed } from './begin.ts'
import { type FinishedSocial, finishSocial } from './finish.ts'
import type { ProviderSettings } from './provider.ts'
import { recordFailure } from './sign-in.ts'
import { limitSocial } from './state.ts'

/** Signs in with the cookies of the configured transport. @returns a redirect to `next` */
export async function answerReturned(
  parameters: URLSearchParams,
  request: AuthRequest,
  provider: string | undefined,
  instance: EndpointSettings,
  core: Core,
): Promise<Answer> {
  const settings = providerNamed(provider, core)
  const { profile, state } = await returnedSocial(settings, parameters, request, core)
  if (state.links !== undefined) throw new AuthError('invalid_code')
  const { account } = await accountOfProfile(settings, profile, request, core)
  const cookies = await cookiesFor(account, request, instance, core)
  return redirect(state.next ?? '/', { headers: cookies })
}

/** Finishes a sign-in that a page began. @throws AuthError as `finishSocial`; `throttled` */
export async function returnedSocial(
  settings: ProviderSettings,
  parameters: URLSearchParams,
  request: AuthRequest,
  core: Core,
): Promise<FinishedSocial> {
  await limitSocial(core)
  try {
    return await finishSocial(settings, { parameters, isComplete: true }, request, core)
  } catch (error) {
    recordFailure(error, settings, core)
    throw error
  }
}

/** @throws AuthError `no_active_account`; what a check says; `invalid` if the instance signs no browser in */
function cookiesFor(
  account: Account,
  request: AuthRequest,
  instance: EndpointSettings,
  core: Core,
): Promise<readonly Header[]> {
  if (hasBrowserScheme(instance.authentication))
    return sessionCookies(account, request, instance, core)
  return tokenCookies(account, request, core)
}

async function sessionCookies(
  account: Account,
  request: AuthRequest,
  instance: EndpointSettings,
  core: Core,
): Promise<readonly Header[]> {
  const settings = browserSettingsIn(instance)
  const previous = await findBrowserSessions(request, settings, core)
  const secret = await core.completeSignIn(account, {
    methods: METHODS,
    request,
    start: (signIn) => openBrowserSession(signIn, settings, core),
  })
  for (const each of previous) await revokeBrowserSession(each, core)
  return setCookies(cookiesAtSignIn(secret, request, settings))
}

async function tokenCookies(
  account: Account,
  request: AuthRequest,
  core: Core,
): Promise<readonly Header[]> {
  const { tokenCookies: cookies } = core
  if (cookies === undefined) throw new AuthError('not_found')
  const tokens = await core.completeSignIn(account, { methods: METHODS, request })
  return setCookies(cookiesWithTokens(tokens, request, cookies, core))
}
