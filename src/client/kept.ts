import { type Claims, claimsOf, isRecord, jsonOf } from './claims.ts'

/** What a client has of a session. */
export interface Session {
  /** `undefined` if scripts cannot read it, or if it was too long to be kept. */
  readonly access?: string | undefined
  readonly refresh?: string | undefined
  /** Of the access token. */
  readonly claims: Claims
  /** When it was received, in milliseconds since 1970; `undefined` if it was rendered into the page. */
  readonly at?: number | undefined
  /** For the header `X-CSRFToken`, if the cookie cannot be read. */
  readonly csrf?: string | undefined
}

/** A session that was signed out. */
export interface Ended {
  readonly sid: unknown
  /** When, in milliseconds since 1970. */
  readonly at: number
  /** What the server was not told yet: an access token, which can do nothing but end its session once it has expired. */
  readonly access?: string | undefined
  readonly told?: boolean
}

export interface Found {
  readonly session?: Session | undefined
  readonly out?: Ended | undefined
  /** Of a page that cannot read the cookie. */
  readonly csrf?: string | undefined
}

/** Some secure storages of phones take no more. */
const MAX = 2000

export const textOf = ({ session, out, csrf }: Found): string => {
  if (session === undefined) return JSON.stringify({ v: 1, out, csrf })
  const { access, refresh, at } = session
  const text = JSON.stringify({ v: 1, access, refresh, at })
  return text.length < MAX ? text : JSON.stringify({ v: 1, refresh, at })
}

/** @returns `{}` for anything that this version did not write */
export function foundIn(text: unknown): Found {
  const { v, out, csrf, access, refresh, at } = jsonOf(() => String(text)) as Kept
  if (v !== 1) return {}
  if (isRecord(out)) return { out: out as unknown as Ended, csrf }
  if (typeof csrf === 'string') return { csrf }
  if (typeof refresh !== 'string' || typeof at !== 'number') return {}
  return { session: { access, refresh, at, claims: claimsOf(access ?? refresh) } }
}

/** What this version writes. */
interface Kept extends Pick<Found, 'csrf'>, Pick<Session, 'access'> {
  readonly v?: unknown
  readonly out?: unknown
  readonly refresh?: unknown
  readonly at?: unknown
}

/** Whether one answer of a session is later than another. */
export function isNewer(one: Session, other: Session): boolean {
  const [a, b] = [rankOf(one), rankOf(other)]
  const place = a.findIndex((value, i) => value !== b[i])
  return (a[place] ?? 0) > (b[place] ?? 0)
}

const rankOf = ({ claims, refresh, at = 0 }: Session): readonly number[] => [
  Number(claims.iat ?? 0),
  Number(claimsOf(refresh).gen ?? 0),
  at,
]
