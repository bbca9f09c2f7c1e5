import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { DATA, type Json, type JsonObject } from './recording.ts'
import { Unplayable } from './tracked.ts'

/** A decoded and unverified token. */
export interface Opened {
  readonly header: JsonObject
  readonly claims: JsonObject
}

export const encoded = (value: unknown): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url')

/** Decodes a token; `undefined` if it is none. */
export function opened(text: string): Opened | undefined {
  if (!/^[\w-]+\.[\w-]+\.[\w-]*$/.test(text)) return undefined
  try {
    const [header, claims] = text
      .split('.', 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')))
    return typeof header === 'object' && header !== null && 'alg' in header
      ? { header, claims }
      : undefined
  } catch {
    return undefined
  }
}

/** `{"$now": N}` becomes the time N seconds from `now`. */
export function withTimes(value: Json, now: number): Json {
  if (Array.isArray(value)) return value.map((item: Json) => withTimes(item, now))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  const [only] = entries
  if (entries.length === 1 && only?.[0] === '$now') return now + Number(only[1])
  return Object.fromEntries(entries.map(([name, item]) => [name, withTimes(item, now)]))
}

const DIGESTS = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' } as const

/** Signs without any code of watchword, because that is under test. */
export function signed(
  header: JsonObject,
  payload: string,
  alg: keyof typeof DIGESTS | 'none',
  key: Uint8Array,
): string {
  if (alg !== 'none' && !Object.hasOwn(DIGESTS, alg))
    throw new Unplayable(`the algorithm "${alg}"`)
  const input = `${encoded(header)}.${Buffer.from(payload).toString('base64url')}`
  return alg === 'none'
    ? `${input}.`
    : `${input}.${createHmac(DIGESTS[alg], key).update(input).digest('base64url')}`
}

/** The key that a step names; `""` is an empty one. */
export const keyNamed = (name: string): Buffer =>
  name === '' ? Buffer.alloc(0) : readFileSync(new URL(`keys/${name}`, DATA))

/** Changes a token so that it is invalid. */
export function tampered(token: string, how: string): string {
  const [head = '', body = '', signature = ''] = token.split('.')
  const ways: Record<string, () => string> = {
    signature: () =>
      `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
    truncated: () => `${head}.${body}.${signature.slice(0, -10)}`,
    'no-signature': () => `${head}.${body}.`,
    'two-parts': () => `${head}.${body}`,
    'four-parts': () => `${head}.${body}.${signature}.${signature}`,
    upper: () => token.toUpperCase(),
    padded: () => `${token}=`,
    newline: () => `${token.slice(0, 20)}\n${token.slice(20)}`,
    'alg-none': () => `${encoded({ ...opened(token)?.header, alg: 'none' })}.${body}.`,
  }
  const claim = /^claim:([^=]*)=(.*)$/.exec(how)
  if (claim !== null) {
    const [, name = '', value = ''] = claim
    return `${head}.${encoded({ ...opened(token)?.claims, [name]: JSON.parse(value) })}.${signature}`
  }
  const way = ways[how]
  if (way === undefined) throw new Unplayable(`the way of tampering "${how}"`)
  return way()
}
