import { tried } from './platform.ts'

export type Claims = Readonly<Record<string, unknown>>

/** The members of a value; `{}` if it has none. */
export const recordOf = (value: unknown): Claims => ({ ...(value as Claims) })

/** The members of the JSON in a text; `{}` if there are none. */
export const jsonOf = (read: () => string): Claims =>
  recordOf(tried(() => JSON.parse(read())))

/** The claims of a token, not verified: the server decides. `{}` if it is no JWT. */
export const claimsOf = (token: unknown): Claims =>
  jsonOf(() => textOf(String(token).split('.')[1] ?? ''))

/** base64url of UTF-8. `atob` and `TextDecoder` may be missing in React Native. */
const textOf = (encoded: string): string =>
  decodeURIComponent(
    encoded
      .replace(/./g, (character) => sixBitsOf(character.charCodeAt(0)))
      .replace(/.{1,8}/g, hexOf),
  )

/** Eight bits as `%7d`; nothing for the rest at the end. */
const hexOf = (bits: string): string =>
  bits[7] ? `%${Number(`0b1${bits}`).toString(16).slice(1)}` : ''

/** Of a character of base64url. */
function sixBitsOf(code: number): string {
  let value = 62
  if (code > 47) value = code + 4
  if (code > 64) value = code - 65
  if (code > 94) value = 63
  if (code > 96) value = code - 71
  return (64 + value).toString(2).slice(1)
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
