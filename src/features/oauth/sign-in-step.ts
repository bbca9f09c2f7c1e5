import { acrOf, hasLevel, isAssuranceLevel } from '../../base/acr.ts'
import type { Seconds, UnixSeconds } from '../../base/clock.ts'
import { minutes } from '../../base/clock.ts'
import type { Visitor } from '../browser-sessions/visitor.ts'
import type { Core } from '../core.ts'
import { secondMethods } from '../second-factors/factors.ts'
import { secondFactorOptions } from '../second-factors/options.ts'
import type { AuthorizationRequest, Refusal } from './authorization-request.ts'
import { subjectsOf } from './pairwise/subjects.ts'

/** What a user has done for a request. */
export interface RequestState {
  /** When the request was stored, to sign in for it. */
  readonly since: UnixSeconds | undefined
  /** The user who was chosen to go on with. */
  readonly chosen: string | undefined
  /** Whether a stronger sign-in was asked for. */
  readonly isRaised: boolean
}

/** What the user does next: signs in, chooses an account, or signs in with another factor; or why the request is refused. */
export type SignInStep = 'sign_in' | 'choose' | 'raise' | Refusal

/** @returns `undefined` if the sign-in is as the request asks for */
export async function signInStep(
  request: AuthorizationRequest,
  state: RequestState,
  visitor: Visitor | undefined,
  core: Core,
): Promise<SignInStep | undefined> {
  const step = await nextStep(request, state, visitor, core)
  if (typeof step !== 'string' || !request.prompt.includes('none')) return step
  if (step !== 'raise') return { error: 'login_required' }
  // Without a page, what the application only prefers is not asked for (OpenID Connect Core 1.0 §5.5.1.1).
  return request.acr?.isEssential === true ? { error: 'interaction_required' } : undefined
}

async function nextStep(
  request: AuthorizationRequest,
  state: RequestState,
  visitor: Visitor | undefined,
  core: Core,
): Promise<SignInStep | undefined> {
  if (visitor === undefined) return 'sign_in'
  const hasSignedIn = hasSignedInFor(state, visitor, core)
  if (!(await isNamed(request, visitor.user.id, core))) {
    if (hasSignedIn) return { error: 'login_required', description: OTHER_USER }
    return 'sign_in'
  }
  if (!hasSignedIn && !isRecent(request, visitor, core)) return 'sign_in'
  const isChosen = hasSignedIn || state.chosen === visitor.user.id
  if (request.prompt.includes('select_account') && !isChosen) return 'choose'
  return acrStep(request, state, visitor, core)
}

/**
 * Whether the user is the one that the request names, if it names one. Only the name for this application counts: by those of other sectors
 * it could learn which of their users this is.
 */
async function isNamed(
  { client, subject }: AuthorizationRequest,
  userId: string,
  core: Core,
): Promise<boolean> {
  if (subject === undefined) return true
  return subject === (await subjectsOf(client, core)).of(userId)
}

const OTHER_USER = 'Another user has signed in than the one that was asked for.'

/** How long a sign-in counts for the request that it was made for, whatever its `max_age`. */
const OWN_SIGN_IN: Seconds = minutes(10)

function hasSignedInFor(
  { since }: RequestState,
  { session: { authTime = 0 } }: Visitor,
  { clock }: Core,
): boolean {
  return since !== undefined && authTime >= since && clock() - authTime <= OWN_SIGN_IN
}

/** Whether the sign-in is as recent as `prompt` and `max_age` require. */
function isRecent(
  { prompt, maxAge }: AuthorizationRequest,
  { session: { authTime = 0 } }: Visitor,
  { clock }: Core,
): boolean {
  if (maxAge !== undefined && clock() - authTime > maxAge) return false
  return !prompt.includes('login')
}

async function acrStep(
  { acr }: AuthorizationRequest,
  { isRaised }: RequestState,
  { user, session: { amr } }: Visitor,
  core: Core,
): Promise<SignInStep | undefined> {
  if (acr === undefined || isOneOf(acr.values, amr)) return undefined
  const canRaise = acr.values.includes('aal2') && acrOf(amr) !== 'aal2'
  if (canRaise && !isRaised && (await hasSecondFactor(user.id, core))) return 'raise'
  // OpenID Connect Core Error Code unmet_authentication_requirements 1.0 §2.
  return acr.isEssential ? { error: 'unmet_authentication_requirements' } : undefined
}

const isOneOf = (values: readonly string[], amr: readonly string[] | undefined) =>
  values.some((value) => isAssuranceLevel(value) && hasLevel(amr, value))

async function hasSecondFactor(
  userId: Visitor['user']['id'],
  core: Core,
): Promise<boolean> {
  if (core.section(secondFactorOptions) === undefined) return false
  const methods = await secondMethods(userId, core)
  return methods.some((method) => method !== 'recovery')
}
