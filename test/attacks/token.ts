import { isDeepStrictEqual } from 'node:util'
import { type Clock, seconds, type UnixSeconds } from '../../src/base/clock.ts'
import { AuthError } from '../../src/base/errors.ts'
import { isAlgorithm } from '../../src/jwt/algorithms.ts'
import {
  type Claims,
  idTokenFault,
  importVerifyingKey,
  KeySet,
  verifier,
  verifySignature,
} from '../../src/jwt/index.ts'
import { parseSettings } from '../../src/settings/settings.ts'
import type { TokenType } from '../../src/tokens/claims.ts'
import {
  noUserNamed,
  requireJti,
  typeFault,
  userIdIn,
} from '../../src/tokens/user-of-token.ts'
import { threadMillis } from '../time.ts'
import { type Attack, type Corpus, type Profile, profileOf, textOf } from './corpus.ts'
import { changedPrototypes, watchSideEffects } from './side-effects.ts'
import { leaks, outcomeFaults, outcomeOf, type Verdict } from './verdict.ts'

type Judge = (token: string) => unknown

/** Time limit of a case, in milliseconds. */
export const PATIENCE = 1000

/** Verifies the tokens of a corpus with the options of their profiles. */
export function judgeTokens(
  attacks: readonly Attack<'token'>[],
  corpus: Corpus,
): Verdict[] {
  const judges = new Map<string, Judge>()
  using sideEffects = watchSideEffects()
  return attacks.map((attack) => {
    const { id, kind, reason, profile, maxMillis = PATIENCE } = attack
    const judge = judges.get(profile) ?? judgeOf(profileOf(corpus, profile), corpus.now)
    judges.set(profile, judge)
    const token = textOf(attack.token)
    sideEffects.seen()
    const [outcome, millis] = timed(() => outcomeOf(() => judge(token)), maxMillis)
    const faults = [
      ...outcomeFaults(outcome, attack),
      ...(outcome.kind === 'accepted' ? claimFaults(outcome.value, attack.claims) : []),
      ...(outcome.kind === 'refused' && leaks(outcome.error, `${token}\n${opened(token)}`)
        ? [`leaks a part of the token: ${outcome.error.message}`]
        : []),
      ...sideEffects.seen().map((use) => `reached for ${use}`),
      ...(millis > maxMillis
        ? [`took ${Math.round(millis)} ms, more than ${maxMillis}`]
        : []),
      ...changedPrototypes(),
    ]
    return { id, kind, reason, faults }
  })
}

/**
 * The outcome of some work, and its processor time. Slow work is repeated, at most twice: code may have been compiled or
 * memory collected meanwhile.
 */
export function timed<T>(
  work: () => T,
  patience: number,
): readonly [outcome: T, millis: number] {
  let least = Number.POSITIVE_INFINITY
  for (let again = 0; ; again++) {
    const before = process.threadCpuUsage()
    const outcome = work()
    least = Math.min(least, threadMillis(before))
    if (least <= patience || again === 2) return [outcome, least]
  }
}

/** Verifies a token with the options of a profile. @throws AuthError */
export function judgeOf(profile: Profile, now: number): Judge {
  const keys = keysOf(profile)
  if (profile.layer === 'jws') return (token) => verifySignature(token, keys)
  const { issuer, audience, leeway, tokenType } = profile
  const { verify } = verifier({
    keys,
    clock: (() => now as UnixSeconds) satisfies Clock,
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
    ...(leeway === undefined ? {} : { leeway: seconds(leeway) }),
    // An access token with this typ (RFC 9068 §2.1) is not an ID token.
    ...(tokenType === 'id' ? { types: ['jwt'] } : {}),
  })
  if (tokenType === 'id') return (token) => asIdToken(verify(token), profile)
  const types =
    typeof tokenType === 'string'
      ? [tokenType]
      : (['access', 'refresh', 'sliding'] as const)
  return (token) => asOurs(verify(token), types)
}

/** One key, one algorithm: its own, or the one of the profile. */
export function keysOf({ keys, algorithms }: Profile): KeySet {
  const [only] = algorithms.length === 1 ? algorithms : []
  return new KeySet(
    keys
      .filter(({ alg }) => algorithms.includes(String(alg ?? only)))
      .map((jwk) => importVerifyingKey(isAlgorithm(only) ? only : undefined, jwk)),
  )
}

const { tokens: terms } = parseSettings({}, {})

/** What an instance requires of its tokens beyond the engine: an id, a type, a user. */
function asOurs(claims: Claims, types: readonly TokenType[]): Claims {
  requireJti(claims, terms)
  const faults = types.map((type) => typeFault(claims, type, terms))
  if (faults.every((fault) => fault !== undefined)) throw faults[0]
  // userIdIn returns an empty string for a claim of another type.
  if (!userIdIn(claims, terms)) throw noUserNamed()
  return claims
}

function asIdToken(claims: Claims, { audience = '', nonce = '' }: Profile): Claims {
  const fault = idTokenFault(claims, { audience, nonce })
  if (fault !== undefined) throw new AuthError(fault)
  return claims
}

function claimFaults(value: unknown, expected: Attack<'token'>['claims'] = {}): string[] {
  const claims = value as Record<string, unknown>
  return Object.keys(expected)
    .filter(
      (name) =>
        !Object.hasOwn(claims, name) ||
        !isDeepStrictEqual(plain(claims[name]), plain(expected[name])),
    )
    .map((name) => `the claim ${name} does not come out as it was signed`)
}

const plain = (value: unknown): unknown =>
  value === undefined ? value : JSON.parse(JSON.stringify(value))

/** Header and payload as a lenient reader sees them. */
const opened = (token: string): string =>
  token
    .split('.', 3)
    .map((segment) => Buffer.from(segment, 'base64url').toString('latin1'))
    .join('\n')
