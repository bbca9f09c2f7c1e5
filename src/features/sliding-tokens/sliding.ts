import { after, floorSeconds, type UnixSeconds } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import { ownMember } from '../../base/optional.ts'
import { hexId } from '../../base/random.ts'
import type { Claims } from '../../jwt/index.ts'
import type { CheckedSignIn } from '../../sessions/checked-sign-in.ts'
import type { StoredSession } from '../../sessions/session.ts'
import {
  customClaimsAgain,
  type Draft,
  originClaims,
  subjectAgain,
  subjectClaims,
} from '../../tokens/claims.ts'
import { customClaims } from '../../tokens/custom-claims.ts'
import {
  accountBehind,
  newSession,
  openSession,
  refuseWrongType,
  requireLive,
  sessionOf,
} from '../../tokens/session-of-token.ts'
import type { TokenDeps, TokenKind } from '../../tokens/token-settings.ts'
import { requireJti } from '../../tokens/user-of-token.ts'
import type { SlidingSettings } from './options.ts'

export const slidingTokenKind = ({
  lifetime,
  refreshClaim,
}: SlidingSettings): TokenKind => ({
  lifetime,
  claims: [refreshClaim],
  endOf(claims) {
    const refreshExp = Number(claims[refreshClaim] ?? 0)
    // It may be refreshed at the last moment.
    if (refreshExp > 0) return refreshExp + lifetime
    return 0
  },
})

/** Starts a session with one token that is both access and refresh token. */
export async function obtainSliding(
  signIn: CheckedSignIn,
  settings: SlidingSettings,
  deps: TokenDeps,
): Promise<{ readonly token: string; readonly session: StoredSession | undefined }> {
  const { account } = signIn
  const origin = originClaims(signIn.origin, deps.settings)
  const now = deps.clock()
  const refreshExp = floorSeconds(after(now, settings.refreshLifetime))
  const custom = await customClaims(account.user, deps.settings)
  // The last token of the chain is made just before refreshExp, and the session's row outlives it (D7).
  const end = after(refreshExp, settings.lifetime)
  const session = newSession(signIn, end, now, deps)
  const jti = session?.jti ?? hexId(deps.random)
  const token = deps.sign(
    slidingClaims(
      subjectClaims(account, custom, session, origin, deps),
      { jti, now, refreshExp },
      settings,
      deps,
    ),
  )
  await openSession(session, signIn, deps)
  return { token, session }
}

/**
 * Exchanges a sliding token for a new one: `exp` and `iat` are new; `jti` and the end of refreshing stay, and
 * so does the old token until its own `exp` (D33).
 */
export async function refreshSliding(
  token: string,
  settings: SlidingSettings,
  deps: TokenDeps,
): Promise<string> {
  const claims = await deps.verify(token)
  const now = deps.clock()
  const jti = requireJti(claims, deps.settings)
  await refuseWrongType(claims, 'sliding', now, deps)
  const presented = sessionOf(claims, jti, deps)
  if (presented !== undefined) await requireLive(presented, now, deps)
  const account = await accountBehind(claims, presented, now, deps)
  const custom = await customClaimsAgain(account, deps.settings)
  const refreshExp = refreshEndOf(claims, now, settings, deps)
  const session = presented?.foreign ? undefined : presented
  session?.sessions.use(session.id)
  const again = slidingClaims(
    subjectAgain(claims, account, custom, session, deps),
    { jti, now, refreshExp },
    settings,
    deps,
  )
  return deps.sign(inOrderOf(claims, again))
}

const slidingClaims = (
  subject: Draft,
  values: {
    readonly jti: string
    readonly now: UnixSeconds
    readonly refreshExp: UnixSeconds
  },
  { lifetime, refreshClaim }: SlidingSettings,
  { settings }: TokenDeps,
): Draft => ({
  [settings.typeClaim]: 'sliding',
  exp: floorSeconds(after(values.now, lifetime)),
  iat: floorSeconds(values.now),
  [settings.jtiClaim]: values.jti,
  [refreshClaim]: values.refreshExp,
  ...subject,
})

/** The renewed claims in the order of the presented ones, as in Simple JWT; added ones come last. */
function inOrderOf(claims: Claims, renewed: Record<string, unknown>): object {
  const kept = Object.keys(claims).filter((name) => Object.hasOwn(renewed, name))
  return { ...Object.fromEntries(kept.map((name) => [name, renewed[name]])), ...renewed }
}

/** The end of the year 9999, as for the other dates of a token. */
const LAST_MOMENT = 253_402_300_799

/** @throws AuthError `invalid_claim`, `expired`, with the details of Simple JWT */
function refreshEndOf(
  claims: Claims,
  now: UnixSeconds,
  { refreshClaim: name }: SlidingSettings,
  { settings: { leeway } }: TokenDeps,
): UnixSeconds {
  const end = ownMember(claims, name)
  if (end === undefined)
    throw new AuthError('invalid_claim', undefined, {
      detail: `Token has no '${name}' claim`,
    })
  if (typeof end !== 'number' || end > LAST_MOMENT)
    throw new AuthError('invalid_claim', `the claim ${name} is not a date`)
  if (now >= end + leeway) {
    throw new AuthError('expired', undefined, {
      detail: `Token '${name}' claim has expired`,
    })
  }
  return end as UnixSeconds
}
