import { importKeySet, importVerifyingKey, type KeySet } from '../../src/jwt/index.ts'
import type { Attack, Jwk } from './corpus.ts'
import { PATIENCE, timed } from './token.ts'
import { leaks, outcomeFaults, outcomeOf, type Verdict } from './verdict.ts'

/** The members that a published key may have (rule K8). */
const PUBLIC = ['kty', 'crv', 'x', 'y', 'n', 'e', 'kid', 'alg', 'use']
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']

/** Imports a key, to verify with or to publish. */
export function judgeKey(attack: Attack<'key'>): Verdict {
  const { id, kind, reason, purpose, jwk, jwks, maxMillis = PATIENCE } = attack
  const read = (): unknown => {
    if (purpose === 'publish') return publish(jwks ?? { keys: [jwk] })
    return jwks === undefined
      ? importVerifyingKey(undefined, jwk as Jwk)
      : importKeySet(jwks)
  }
  const [outcome, millis] = timed(() => outcomeOf(read), maxMillis)
  const isLeaked = (secret: string): boolean =>
    outcome.kind === 'refused' && leaks(outcome.error, secret)
  const faults = [
    ...outcomeFaults(outcome, attack),
    ...(outcome.kind === 'accepted' ? publishedFaults(outcome.value, purpose) : []),
    ...(secretsIn(jwks ?? jwk).some(isLeaked) ? ['leaks a part of the key'] : []),
    ...(millis > maxMillis ? [`took ${Math.round(millis)} ms`] : []),
  ]
  return { id, kind, reason, faults }
}

/** The published key set with these keys. */
const publish = (jwks: unknown): ReturnType<KeySet['jwks']> => importKeySet(jwks).jwks()

function publishedFaults(value: unknown, purpose: string): string[] {
  if (purpose !== 'publish') return []
  return (value as ReturnType<KeySet['jwks']>).keys
    .flatMap((key) => Object.keys(key))
    .filter((member) => !PUBLIC.includes(member))
    .map((member) => `publishes the member ${member}`)
}

/** The private members, at any depth. */
function secretsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) =>
    typeof member === 'string' && member !== '' && PRIVATE.includes(name)
      ? [member]
      : secretsIn(member),
  )
}
