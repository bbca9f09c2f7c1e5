export type Claims = Readonly<Record<string, unknown>>

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The claims of a token, not verified: the server decides. `{}` if it is no JWT. */
export function claimsOf(token: unknown): Claims {
  try {
    const claims: unknown = JSON.parse(textOf(String(token).split('.')[1] ?? ''))
    if (isRecord(claims)) return claims
  } catch {}
  return {}
}

/** base64url of UTF-8. `atob` and `TextDecoder` may be missing in React Native. */
function textOf(encoded: string): string {
  let bits = 0
  let size = 0
  let escaped = ''
  for (const character of encoded) {
    bits = (bits << 6) | ALPHABET.indexOf(character)
    size += 6
    if (size < 8) continue
    size -= 8
    escaped += `%${(256 + ((bits >> size) & 255)).toString(16).slice(1)}`
  }
  return decodeURIComponent(escaped)
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
