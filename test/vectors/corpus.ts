import { readFileSync } from 'node:fs'
import { AuthError } from '../../src/base/errors.ts'
import { importKeySet, importVerifyingKey, KeySet } from '../../src/jwt/index.ts'
import { codeOfClass } from '../error-classes.ts'

/** A key of a file, not checked. */
export type Jwk = { readonly [member: string]: unknown }
export type JwkSet = { readonly keys: readonly Jwk[] }

/** Decodes base64url. */
export const bytes = (text: string): Buffer => Buffer.from(text, 'base64url')

export const readVectors = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../data/vectors/${name}`, import.meta.url), 'utf8'))

/**
 * Imports one key, or a set. Public keys are imported as a published document, secrets one by one: no document may have one.
 *
 * @throws AuthError `invalid_key`
 */
export function keySetOf(given: Jwk | JwkSet, { allowWeak = false } = {}): KeySet {
  if (!isSet(given))
    return new KeySet([importVerifyingKey(undefined, given, { allowWeak })])
  if (!given.keys.some(({ kty }) => kty === 'oct')) return importKeySet(given)
  return new KeySet(
    given.keys.map((jwk) => importVerifyingKey(undefined, jwk, { allowWeak })),
  )
}

const isSet = (given: Jwk | JwkSet): given is JwkSet => Array.isArray(given.keys)

/** The outcome of a verification. `broken`: it threw another error than an AuthError. */
export type Outcome =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'broken'; readonly error: unknown }

export function outcomeOf(judge: () => unknown): Outcome {
  try {
    judge()
    return { kind: 'accepted' }
  } catch (error) {
    return error instanceof AuthError
      ? { kind: 'refused', code: error.code }
      : { kind: 'broken', error }
  }
}

/** @returns how an outcome differs from the expected one, or `undefined` */
export function faultOf(
  outcome: Outcome,
  {
    expect,
    errorAnyOf,
  }: { readonly expect: string; readonly errorAnyOf?: readonly string[] | undefined },
): string | undefined {
  if (outcome.kind === 'broken') return `threw ${outcome.error}`
  if (outcome.kind === 'accepted') return expect === 'accept' ? undefined : 'is accepted'
  if (expect === 'accept') return `is refused: ${outcome.code}`
  const codes = errorAnyOf?.map(codeOfClass)
  if (codes === undefined || codes.includes(outcome.code)) return undefined
  return `is refused as ${outcome.code}, not as ${codes.join(' or ')}`
}
