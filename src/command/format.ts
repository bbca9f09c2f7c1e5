import { nounFor } from '../base/plural.ts'

/** Replaces characters that move the cursor or hide text by `?`: names come from outside. */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')

/** A name in quotes, for messages. */
export const quoted = (text: string): string => `"${printable(text)}"`

export const yesNo = (value: boolean): string => (value ? 'yes' : 'no')

/** `2027-03-02 09:30`, UTC; `–` for `undefined`. */
export function momentOf(seconds: number | undefined): string {
  return isoOf(seconds)?.slice(0, 16).replace('T', ' ') ?? '–'
}

/** `2027-03-02T09:30:00Z`, for programs. */
export function isoOf(seconds: number | undefined): string | null {
  if (seconds === undefined) return null
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** A number and its noun, with commas between thousands: `1,200 rows`. */
export const plural = (count: number, one: string, many?: string): string =>
  `${count.toLocaleString('en-US')} ${nounFor(count, one, many)}`

/** A JSON value in a line: strings without quotes. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return value
  return JSON.stringify(value)
}
