import { nearest } from '../base/nearest.ts'
import { UsageError } from './errors.ts'

/** A text with the name of the option or environment variable that it came from. */
export interface NamedText {
  readonly name: string
  readonly text: string
}

/** The first that is set. Environment variables that are empty count as not set. */
export function firstSet(
  ...candidates: readonly (readonly [name: string, text: string | undefined])[]
): NamedText | undefined {
  for (const [name, text] of candidates) if (text) return { name, text }
  return undefined
}

/** @throws UsageError unless it is a whole number in these bounds */
export function parseCount(
  { name, text }: NamedText,
  [min, max]: readonly [number, number],
): number {
  const count = Number(text)
  if (/^\d{1,9}$/.test(text) && count >= min && count <= max) return count
  throw new UsageError(`${name} must be a whole number from ${min} to ${max}.`)
}

/** @throws UsageError unless it is one of these words */
export function parseWord<Word extends string>(
  { name, text }: NamedText,
  words: readonly Word[],
): Word {
  const known = words.find((word) => word === text)
  if (known !== undefined) return known
  const message = `${name} must be one of: ${words.join(', ')}.`
  const close = nearest(text, words)
  if (close === undefined) throw new UsageError(message)
  throw new UsageError(`${message} Did you mean ${close}?`)
}

/** Names that are separated by commas, each once. */
export const namesIn = (list = ''): string[] =>
  [...new Set(list.split(',').map((name) => name.trim()))].filter(Boolean)
