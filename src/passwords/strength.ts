import type { Awaitable } from '../base/awaitable.ts'
import { plural } from '../base/plural.ts'
import { isCommon } from './common.ts'

/** Why a password is too weak: Django's code and message. */
export interface Weakness {
  readonly code: string
  readonly message: string
}

/** The owner's attributes by their name in messages: `{ 'first name': 'Ada' }`. */
export type Person = Readonly<Record<string, unknown>>

/**
 * A rule for new passwords. Passwords at sign-in are not checked.
 *
 * @param found what earlier rules have found: an expensive rule need not look further
 */
export type StrengthRule = (
  password: string,
  person: Person,
  found: readonly Weakness[],
) => Awaitable<Weakness | undefined>

/** All weaknesses of a new password, in the order of the rules; empty if it is strong enough. */
export async function weaknessesOf(
  password: string,
  person: Person,
  rules: readonly StrengthRule[] = STRENGTH_RULES,
): Promise<readonly Weakness[]> {
  const weaknesses: Weakness[] = []
  for (const rule of rules) {
    const weakness = await rule(password, person, weaknesses)
    if (weakness !== undefined) weaknesses.push(weakness)
  }
  return weaknesses
}

/** Django's `UserAttributeSimilarityValidator`, over all attributes of a person. */
export const unlikePerson =
  (maxSimilarity = 0.7): StrengthRule =>
  (password, person) => {
    const letters = [...password.toLowerCase()]
    for (const [name, value] of Object.entries(person)) {
      if (typeof value !== 'string') continue
      const whole = value.toLowerCase()
      const parts = [...whole.split(/[^\p{L}\p{N}_]+/u), whole]
      if (parts.some((part) => areSimilar(letters, [...part], maxSimilarity))) {
        return {
          code: 'password_too_similar',
          message: `The password is too similar to the ${name}.`,
        }
      }
    }
    return undefined
  }

/** Django's `MinimumLengthValidator`. */
export const minimumLength =
  (characters: number): StrengthRule =>
  (password) => {
    if ([...password].length >= characters) return undefined
    return {
      code: 'password_too_short',
      message: `This password is too short. It must contain at least ${plural(characters, 'character')}.`,
    }
  }

/** Django's `CommonPasswordValidator`. */
export const uncommon: StrengthRule = async (password) => {
  if (!(await isCommon(password))) return undefined
  return { code: 'password_too_common', message: 'This password is too common.' }
}

/** Django's `NumericPasswordValidator`, with fractions among the numbers. */
export const notNumeric: StrengthRule = (password) => {
  if (!/^[\p{Nd}\p{No}]+$/u.test(password)) return undefined
  return {
    code: 'password_entirely_numeric',
    message: 'This password is entirely numeric.',
  }
}

/** The validators of a new Django project, in their order. */
export const STRENGTH_RULES: readonly StrengthRule[] = [
  unlikePerson(),
  minimumLength(8),
  uncommon,
  notNumeric,
]

type Letters = readonly string[]

/**
 * Whether two strings share so many letters, in any order. A part ten times shorter than the password is skipped, so that
 * comparing all parts of an attribute takes time linear in its length (CVE-2021-45115).
 */
const areSimilar = (password: Letters, part: Letters, maxSimilarity: number): boolean =>
  !(
    password.length >= 10 * part.length &&
    part.length < (maxSimilarity / 2) * password.length
  ) && similarityOf(password, part) >= maxSimilarity

/** Python's `SequenceMatcher.quick_ratio`: twice the shared letters, divided by all letters. Linear time. */
function similarityOf(a: Letters, b: Letters): number {
  const left = new Map<string, number>()
  for (const letter of b) left.set(letter, (left.get(letter) ?? 0) + 1)
  let shared = 0
  for (const letter of a) {
    const count = left.get(letter) ?? 0
    if (count > 0) shared++
    left.set(letter, count - 1)
  }
  return (2 * shared) / (a.length + b.length)
}
