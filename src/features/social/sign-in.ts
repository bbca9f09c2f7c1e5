import { AuthError } from '../../base/errors.ts'
import { currentContext } from '../../base/request-context.ts'
import { networkOf } from '../../http/client-address.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { Core } from '../core.ts'
import { accountOfProfile, type SocialAccount } from './account-of-profile.ts'
import { exchange, finishSocial } from './finish.ts'
import { profileOfAccessToken, profileOfIdToken } from './presented-tokens.ts'
import type { ProviderSettings, SocialProfile } from './provider.ts'
import { limitSocial } from './state.ts'

/** What an application has got from a provider: one of a code, an ID token and an access token. */
export interface SocialProof {
  readonly code?: string | undefined
  /** Of `beginSocial`. Without one the application has begun by itself. */
  readonly state?: string | undefined
  /** What the provider added to the code (RFC 9207). */
  readonly iss?: string | undefined
  /** Of an application that began by itself. */
  readonly redirect_uri?: string | undefined
  readonly code_verifier?: string | undefined
  readonly id_token?: string | undefined
  readonly nonce?: string | undefined
  readonly access_token?: string | undefined
}

/**
 * Who has signed in at a provider, by what an application has got from it.
 *
 * @throws AuthError `throttled`; `invalid` if nothing was sent; `invalid_code`, `provider_refused`, `temporarily_unavailable`
 */
export async function proveSocial(
  settings: ProviderSettings,
  proof: SocialProof,
  request: AuthRequest,
  core: Core,
): Promise<SocialProfile> {
  await limitSocial(core)
  try {
    return await profileOfProof(settings, proof, request, core)
  } catch (error) {
    recordFailure(error, settings, core)
    throw error
  }
}

/** Records and logs what a client has no part in: its answer does not say what the provider said. */
export function recordFailure(
  error: unknown,
  { name: provider }: ProviderSettings,
  { audit, log }: Core,
): void {
  if (!(error instanceof AuthError) || error.code === 'invalid') return
  const { code, message } = error
  log({
    level: 'warn',
    event: 'a sign-in with a provider failed',
    provider,
    code,
    message,
  })
  if (error.status !== 400) return
  audit.recordLimited(networkOf(currentContext()?.address ?? ''), {
    kind: 'sign_in_failed',
    detail: { method: 'social', provider },
  })
}

function profileOfProof(
  settings: ProviderSettings,
  proof: SocialProof,
  request: AuthRequest,
  core: Core,
): Promise<SocialProfile> {
  const { code, state, id_token, access_token, nonce } = proof
  if (id_token !== undefined) return profileOfIdToken(settings, id_token, nonce, core)
  if (access_token !== undefined)
    return profileOfAccessToken(settings, access_token, core)
  if (code === undefined) throw new AuthError('invalid', undefined, NOTHING)
  if (state === undefined) return profileOfOwnCode(settings, proof, core)
  return profileOfState(settings, proof, request, core)
}

const NOTHING = {
  body: { non_field_errors: ['Send a code, an ID token or an access token.'] },
}

async function profileOfState(
  settings: ProviderSettings,
  { code = '', state = '', iss }: SocialProof,
  request: AuthRequest,
  core: Core,
): Promise<SocialProfile> {
  const parameters = new URLSearchParams({ code, state, ...(iss && { iss }) })
  const returned = { parameters, isComplete: iss !== undefined }
  const finished = await finishSocial(settings, returned, request, core)
  // A state of a page that links must not sign in.
  if (finished.state.links === undefined) return finished.profile
  throw new AuthError(
    'invalid_code',
    'the state was issued to link an identity, not to sign in',
  )
}

/** The code of an application that began by itself, as those of mobile devices do. */
function profileOfOwnCode(
  settings: ProviderSettings,
  { code = '', iss, redirect_uri: redirectUri, code_verifier: verifier }: SocialProof,
  core: Core,
): Promise<SocialProfile> {
  const [only] = settings.redirectUris.length === 1 ? settings.redirectUris : []
  const used = redirectUri ?? only ?? ''
  requireRedirectUri(settings, used)
  const parameters = new URLSearchParams({ code, ...(iss && { iss }) })
  const returned = { parameters, isComplete: iss !== undefined }
  return exchange(settings, returned, core, {
    state: undefined,
    redirectUri: used,
    verifier,
    nonce: undefined,
  })
}

/** Compared as text (RFC 9700 §4.1.3). @throws AuthError `invalid` */
export function requireRedirectUri(
  { redirectUris }: ProviderSettings,
  address: string,
): void {
  if (redirectUris.includes(address)) return
  throw new AuthError('invalid', undefined, {
    body: {
      redirect_uri: [
        'This address is not allowed: list it in redirectUris of the provider.',
      ],
    },
  })
}

/** The account that such a proof signs in to. @throws AuthError as `proveSocial` and `accountOfProfile` */
export async function accountOfProof(
  settings: ProviderSettings,
  proof: SocialProof,
  request: AuthRequest,
  core: Core,
): Promise<SocialAccount> {
  const profile = await proveSocial(settings, proof, request, core)
  return accountOfProfile(settings, profile, request, core)
}
