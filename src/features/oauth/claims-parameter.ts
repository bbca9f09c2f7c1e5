import type { StoredClient } from './client.ts'
import { invalidRequest } from './oauth-error.ts'
import { scopeOfClaim } from './user-claims.ts'

/** Claims that an application has asked for by name. */
export interface AskedClaims {
  /** Of userinfo. */
  readonly userinfo: readonly string[]
  /** Of ID tokens. */
  readonly idToken: readonly string[]
}

export const NO_CLAIMS: AskedClaims = { userinfo: [], idToken: [] }

/** The parameter `claims` (OpenID Connect Core 1.0 §5.5), as far as it is known. */
export interface RequestedClaims {
  readonly asked: AskedClaims
  /** The user who must sign in. */
  readonly subject: string | undefined
  /** The classes of which the sign-in must be one. */
  readonly acr: readonly string[] | undefined
  /** Whether ID tokens must say when the user signed in. */
  readonly authTime: boolean
}

const NOTHING: RequestedClaims = {
  asked: NO_CLAIMS,
  subject: undefined,
  acr: undefined,
  authTime: false,
}

/** Longer than any list of claims that makes sense. */
const MAX_LENGTH = 2000

/**
 * Reads the parameter `claims`. What is not known, and what the scopes of the application do not have, is ignored.
 *
 * @throws AuthError `invalid_request` if it is not a JSON object, or too long
 */
export function parseClaims(
  text: string | undefined,
  client: Pick<StoredClient, 'scopes'>,
): RequestedClaims {
  if (text === undefined) return NOTHING
  const { userinfo, id_token: idToken } = jsonObject(text)
  const ofIdToken = membersOf(idToken)
  const known = (members: Members): readonly string[] =>
    Object.keys(members).filter((name) => {
      const scope = scopeOfClaim(name)
      return scope !== undefined && client.scopes.includes(scope)
    })
  return {
    asked: { userinfo: known(membersOf(userinfo)), idToken: known(ofIdToken) },
    subject: valuesOf(ofIdToken.sub ?? membersOf(userinfo).sub)[0],
    acr: essentialAcr(ofIdToken.acr),
    authTime: Object.hasOwn(ofIdToken, 'auth_time'),
  }
}

type Members = Readonly<Record<string, unknown>>

function jsonObject(text: string): Members {
  if (text.length > MAX_LENGTH)
    throw invalidRequest(`claims must have at most ${MAX_LENGTH} characters.`)
  try {
    const parsed: unknown = JSON.parse(text)
    if (isObject(parsed)) return parsed
  } catch {
    // The message below says what is expected.
  }
  throw invalidRequest('claims must be a JSON object.')
}

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** @throws AuthError `invalid_request` */
function membersOf(value: unknown): Members {
  if (value === undefined || value === null) return {}
  if (isObject(value)) return value
  throw invalidRequest('userinfo and id_token in claims must be objects.')
}

/** Of `value` or `values`. */
function valuesOf(member: unknown): readonly string[] {
  if (!isObject(member)) return []
  const { value, values } = member
  const all: readonly unknown[] = Array.isArray(values) ? values : [value]
  return all.filter((each) => typeof each === 'string')
}

/** Without `essential`, it is what `acr_values` is (§5.5.1.1). */
function essentialAcr(member: unknown): readonly string[] | undefined {
  if (!isObject(member) || member.essential !== true) return undefined
  const values = valuesOf(member)
  return values.length > 0 ? values : undefined
}

/** The scopes of which an application has asked for claims by name. */
export const scopesOfAsked = ({ userinfo, idToken }: AskedClaims): readonly string[] => [
  ...new Set([...userinfo, ...idToken].map((name) => scopeOfClaim(name) ?? name)),
]
