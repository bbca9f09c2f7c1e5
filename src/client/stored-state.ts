import { type Claims, claimsOf, isRecord, jsonOf } from './claims.ts'

/** The tokens and claims of a session. */
export interface Session {
  /** `undefined` if it is in a cookie, or was too long for the storage. */
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
export interface SignedOutSession {
  readonly sid: unknown
  /** When, in milliseconds since 1970. */
  readonly at: number
  /** The access token, until the server has confirmed the sign-out; an expired one can still revoke its session. */
  readonly access?: string | undefined
  /** Whether the server has confirmed the sign-out. */
  readonly sent?: boolean
}

/** What the storage holds: a session, or the last sign-out. */
export interface StoredState {
  readonly session?: Session | undefined
  readonly out?: SignedOutSession | undefined
  /** The CSRF token, for a page that cannot read its cookie. */
  readonly csrf?: string | undefined
}

/** The longest value that secure storages of phones accept. */
const MAX = 2000

export const textOf = ({ session, out, csrf }: StoredState): string => {
  if (session === undefined) return versioned({ out, csrf })
  const { access, refresh, at } = session
  const text = versioned({ access, refresh, at })
  if (text.length < MAX) return text
  return versioned({ refresh, at })
}

const versioned = (state: object): string => JSON.stringify({ v: 1, ...state })

/** @returns `{}` for anything that this version did not write */
export function parseStored(text: unknown): StoredState {
  const { v, out, csrf, access, refresh, at } = jsonOf(() => String(text)) as StoredFields
  if (v !== 1) return {}
  if (isRecord(out)) return { out: out as unknown as SignedOutSession, csrf }
  if (typeof csrf === 'string') return { csrf }
  if (typeof refresh !== 'string' || typeof at !== 'number') return {}
  const claims = claimsOf(access ?? refresh)
  // Too long for the storage: as if it had expired.
  const given = access ? claims : { ...claims, exp: claims.iat }
  return { session: { access, refresh, at, claims: given } }
}

/** What this version writes. */
interface StoredFields extends Pick<StoredState, 'csrf'>, Pick<Session, 'access'> {
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
