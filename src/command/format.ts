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

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`
