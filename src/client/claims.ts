import { tried } from './platform.ts'

export type Claims = Readonly<Record<string, unknown>>

/** The JSON object in a text; `{}` if there is none. */
export function jsonOf(read: () => string): Claims {
  const value: unknown = tried(() => JSON.parse(read()))
  return isRecord(value) ? value : {}
}

/** The claims of a token, not verified: the server decides. `{}` if it is no JWT. */
export const claimsOf = (token: unknown): Claims =>
  jsonOf(() => textOf(String(token).split('.')[1] ?? ''))

/** base64url of UTF-8. `atob` and `TextDecoder` may be missing in React Native. */
function textOf(encoded: string): string {
  let bits = 0
  let size = 0
  let escaped = ''
  for (const character of encoded) {
    bits = (bits << 6) | sixBitsOf(character.charCodeAt(0))
    size += 6
    if (size < 8) continue
    size -= 8
    escaped += `%${(256 + ((bits >> size) & 255)).toString(16).slice(1)}`
  }
  return decodeURIComponent(escaped)
}

/** Of a character of base64url. */
function sixBitsOf(code: number): number {
  if (code > 96) return code - 71
  if (code === 95) return 63
  if (code > 64) return code - 65
  return code > 47 ? code + 4 : 62
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const OF_THE_TOKEN = /^(exp|iat|nbf|jti|token_type|gen|sid)$/

/** The default of the option `user`. */
export function userOf(claims: Claims): Record<string, unknown> {
  const { user_id, sub, id } = claims
  const own = Object.entries(claims).filter(([name]) => !OF_THE_TOKEN.test(name))
  return { ...Object.fromEntries(own), id: String(user_id ?? sub ?? id ?? '') }
}
