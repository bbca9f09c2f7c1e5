import { after, type UnixSeconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import type { AuthRequest } from '../http/request.ts'
import type { Claims } from '../jwt/index.ts'
import { bindingClaims, jktIn } from '../proofs/binding.ts'
import type { CheckedSignIn } from '../sessions/checked-sign-in.ts'
import { isGranted } from '../sessions/rotate.ts'
import type { StoredSession } from '../sessions/session.ts'
import type { Account } from '../users/user.ts'
import {
  accessClaims,
  customClaimsAgain,
  looseRefreshClaims,
  originClaims,
  refreshClaims,
  subjectAgain,
  subjectClaims,
} from './claims.ts'
import { customClaims } from './custom-claims.ts'
import {
  accountBehind,
  adopt,
  errorForOutcome,
  newSession,
  openSession,
  type PresentedToken,
  refuseWrongType,
  requireLive,
  sessionOf,
} from './session-of-token.ts'
import {
  namesUserByField,
  spendsTokens,
  type TokenDeps,
  type TokenSettings,
} from './token-settings.ts'
import { refuseApplications, requireJti } from './user-of-token.ts'
import { verifyRefresh } from './verify-refresh.ts'

export interface Pair {
  readonly refresh: string
  readonly access: string
}

/** The answer to a refresh; with a successor only if rotation is on. */
export interface RefreshedTokens {
  readonly access: string
  readonly refresh?: string
}

/** Starts a session: its row, its refresh token, and an access token issued at the same time. */
export async function obtainPair(
  signIn: CheckedSignIn,
  deps: TokenDeps,
): Promise<Pair & { readonly session: StoredSession | undefined }> {
  const { account } = signIn
  const origin = originClaims(signIn.origin, deps.settings)
  const now = deps.clock()
  const end = after(now, deps.settings.session)
  const custom = await customClaims(account.user, deps.settings)
  const session = newSession(signIn, end, now, deps)
  const bound = { ...origin, ...bindingClaims(signIn.jkt) }
  const subject = subjectClaims(account, custom, session, bound, deps)
  const refresh =
    session === undefined
      ? looseRefreshClaims(subject, now, deps)
      : refreshClaims(subject, session, deps)
  const pair: Pair = {
    refresh: deps.signRefresh(refresh),
    access: deps.sign(accessClaims(subject, now, deps)),
  }
  await openSession(session, signIn, deps)
  return { ...pair, session }
}

/**
 * Exchanges a refresh token. With rotation its session advances by one generation in one conditional write: of
 * concurrent calls with the same token one advances it, and those within the overlap get the same successor.
 *
 * @param request the one that presents it, for a token that is bound to a key
 * @throws AuthError the token's own fault; `bound_token`, `invalid_dpop_proof`; `account_gone`; `password_changed`; `revoked` if it was spent before, and
 *   then its session is revoked, also if the token has `expired`
 */
export async function refreshPair(
  token: string,
  deps: TokenDeps,
  request?: AuthRequest,
): Promise<RefreshedTokens> {
  const { settings } = deps
  const claims = await verifyRefresh(token, deps)
  refuseApplications(claims)
  const now = deps.clock()
  const jti = requireJti(claims, settings)
  await refuseWrongType(claims, 'refresh', now, deps)
  await requireProof(claims, request, deps)
  const presented = sessionOf(claims, jti, deps)

  // One round trip to the store: nothing has to be read before the write that checks it.
  if (presented?.foreign === false && swapChecksAll(settings))
    return rotate(presented, claims, NOTHING_NEW, now, deps)

  if (presented !== undefined) await refuseUnusable(presented, now, deps)
  const account = await accountBehind(claims, presented, now, deps)
  // Before the session is advanced: if the function fails, the presented token is not spent.
  const custom = await customClaimsAgain(account, settings)
  const current = { account, custom }
  if (presented === undefined || !spendsTokens(settings))
    return exchangeUnspent(claims, current, presented, now, deps)
  rejectUnreadable(claims, current, presented, now, deps)
  if (presented.foreign) await adopt(presented, claims, account, now, deps)
  return rotate(presented, claims, current, now, deps)
}

/** Before the session is advanced: who lacks the key must not spend the token. @throws AuthError `bound_token`, `invalid_dpop_proof` */
async function requireProof(
  claims: Claims,
  request: AuthRequest | undefined,
  deps: TokenDeps,
): Promise<void> {
  const jkt = jktIn(claims)
  if (jkt === undefined) return
  if (request === undefined) throw new AuthError('bound_token')
  const dpop = await deps.dpop()
  await dpop.check(request, { jkt })
}

/** What new tokens do not copy from the presented one. */
interface Current {
  readonly account: Account | undefined
  readonly custom: Claims | undefined
}

const NOTHING_NEW: Current = { account: undefined, custom: undefined }

/** Whether the conditions of the compare-and-swap cover every check of session and user. */
const swapChecksAll = (settings: TokenSettings): boolean =>
  spendsTokens(settings) &&
  !namesUserByField(settings) &&
  settings.rule === undefined &&
  settings.checkRevoke !== 'claim' &&
  (settings.claims === undefined || settings.copyClaims)

/** @throws AuthError if the session has ended, or the token was spent while rotation was still on */
async function refuseUnusable(
  presented: PresentedToken,
  now: UnixSeconds,
  deps: TokenDeps,
): Promise<void> {
  const session = await requireLive(presented, now, deps)
  if (deps.settings.rotate || session === undefined) return
  const { generation } = presented
  if (generation >= 0 && generation < session.generation) throw new AuthError('revoked')
}

/** Checks the claims of the tokens to come: those that cannot be in one must not spend the presented token. */
function rejectUnreadable(
  claims: Claims,
  { account, custom }: Current,
  presented: PresentedToken,
  now: UnixSeconds,
  deps: TokenDeps,
): void {
  const subject = subjectAgain(claims, account, custom, presented, deps)
  if (custom === undefined) return
  const gen = presented.generation + 1
  deps.requireReadableRefresh({ ...looseRefreshClaims(subject, now, deps), gen })
  deps.requireReadable(accessClaims(subject, now, deps))
}

/** Advances a session and issues tokens from its row. */
async function rotate(
  presented: PresentedToken,
  claims: Claims,
  { account, custom }: Current,
  now: UnixSeconds,
  deps: TokenDeps,
): Promise<RefreshedTokens> {
  const outcome = await presented.sessions.rotate(presented, now)
  if (!isGranted(outcome)) throw errorForOutcome(outcome, deps)
  const subject = subjectAgain(claims, account, custom, outcome.session, deps)
  return {
    access: deps.sign(accessClaims(subject, now, deps)),
    refresh: deps.signRefresh(refreshClaims(subject, outcome.session, deps)),
  }
}

/** Issues tokens and leaves the presented one valid. */
function exchangeUnspent(
  claims: Claims,
  { account, custom }: Current,
  presented: PresentedToken | undefined,
  now: UnixSeconds,
  deps: TokenDeps,
): RefreshedTokens {
  presented?.sessions.use(presented.id)
  const subject = subjectAgain(claims, account, custom, presented, deps)
  const access = deps.sign(accessClaims(subject, now, deps))
  if (!deps.settings.rotate) return { access }
  return { access, refresh: deps.signRefresh(looseRefreshClaims(subject, now, deps)) }
}
