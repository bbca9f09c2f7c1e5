import type { Awaitable } from '../base/awaitable.ts'
import { isCommon } from './common.ts'

/** Why a password is too weak: Django's code, and its sentence for the user. */
export interface Weakness {
  readonly code: string
  readonly message: string
}

/** What is known of the password's owner, by the name under which a message may speak of it: `{ 'first name': 'Ada' }`. */
export type Person = Readonly<Record<string, unknown>>

/** Asked of new passwords alone, after their length in octets. */
export type StrengthRule = (
  password: string,
  person: Person,
) => Awaitable<Weakness | undefined>

/** Every reason against a new password, in the order of the rules; none where it may be taken. */
export async function weaknessesOf(
  password: string,
  person: Person,
  rules: readonly StrengthRule[] = STRENGTH_RULES,
): Promise<readonly Weakness[]> {
  const weaknesses: Weakness[] = []
  for (const rule of rules) {
    const weakness = await rule(password, person)
    if (weakness !== undefined) weaknesses.push(weakness)
  }
  return weaknesses
}

/** Django's `UserAttributeSimilarityValidator`, over everything that is known of a person. */
export const unlikePerson =
  (mostAlike = 0.7): StrengthRule =>
  (password, person) => {
    const letters = [...password.toLowerCase()]
    for (const [name, value] of Object.entries(person)) {
      if (typeof value !== 'string') continue
      const whole = value.toLowerCase()
      const parts = [...whole.split(/[^\p{L}\p{N}_]+/u), whole]
      if (parts.some((part) => areAlike(letters, [...part], mostAlike))) {
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
    const wanted = `${characters} ${characters === 1 ? 'character' : 'characters'}`
    return {
      code: 'password_too_short',
      message: `This password is too short. It must contain at least ${wanted}.`,
    }
  }

/** Django's `CommonPasswordValidator`. */
export const uncommon: StrengthRule = async (password) =>
  (await isCommon(password))
    ? { code: 'password_too_common', message: 'This password is too common.' }
    : undefined

/** Django's `NumericPasswordValidator`, with fractions among the numbers. */
export const notNumeric: StrengthRule = (password) =>
  /^[\p{Nd}\p{No}]+$/u.test(password)
    ? { code: 'password_entirely_numeric', message: 'This password is entirely numeric.' }
    : undefined

/** What Django asks of a new password, in the order of a new project's settings. */
export const STRENGTH_RULES: readonly StrengthRule[] = [
  unlikePerson(),
  minimumLength(8),
  uncommon,
  notNumeric,
]

type Letters = readonly string[]

/**
 * Whether two texts share so many letters, in whatever order. What is ten times shorter than the password is passed over:
 * the comparisons of one attribute's parts then take no longer, all together, than its length asks (CVE-2021-45115).
 */
const areAlike = (password: Letters, part: Letters, mostAlike: number): boolean =>
  !(
    password.length >= 10 * part.length && part.length < (mostAlike / 2) * password.length
  ) && likenessOf(password, part) >= mostAlike

/** Python's `SequenceMatcher.quick_ratio`: shared letters, each counted on both sides, among all letters. Linear. */
function likenessOf(a: Letters, b: Letters): number {
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
