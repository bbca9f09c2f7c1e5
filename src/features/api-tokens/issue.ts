import { after, type Clock, days, type Seconds } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import { ifDefined } from '../../base/optional.ts'
import { hexId, type Random } from '../../base/random.ts'
import type { UserId } from '../../users/user.ts'
import {
  type ApiTokenId,
  type ApiTokens,
  apiTokenOf,
  digestOf,
  type ShownToken,
  type StoredApiToken,
} from './api-token.ts'

/** The properties of a new token. */
export interface ApiTokenInput {
  /** What it is for; shown in lists. */
  readonly name?: string | undefined
  /** What it is limited to (RFC 6749 §3.3). */
  readonly scopes?: readonly string[]
  /** Without it the token lives until it is revoked. */
  readonly expiresIn?: Seconds | undefined
  /** The first characters of the token, so that a secret scanner recognizes it. */
  readonly prefix?: string
}

export interface IssueDeps {
  readonly apiTokens: Pick<ApiTokens, 'insert'>
  readonly clock: Clock
  readonly random: Random
}

/** How many characters after the prefix belong to the hint. */
const HINT = 8

/**
 * Creates an API token.
 *
 * @returns its text, `<prefix>_` and 43 characters of base64url (256 random bits), shown this once
 * @throws AuthError `invalid`, whose body names the invalid fields; `user_not_found`
 */
export async function issueApiToken(
  userId: UserId,
  { name, scopes = [], expiresIn, prefix = 'ww' }: ApiTokenInput,
  { apiTokens, clock, random }: IssueDeps,
): Promise<ShownToken> {
  refuseFaults({
    name: nameFault(name),
    scopes: scopesFault(scopes),
    expiresIn: lifetimeFault(expiresIn),
    prefix: prefixFault(prefix),
  })
  const token = `${prefix}_${Buffer.from(random(32)).toString('base64url')}`
  const now = clock()
  const stored: StoredApiToken = {
    id: hexId(random) as ApiTokenId,
    userId,
    digest: digestOf(token),
    hint: token.slice(0, prefix.length + 1 + HINT),
    name,
    scopes: [...new Set(scopes)],
    nonce: undefined,
    createdAt: now,
    expiresAt: ifDefined(expiresIn, (length) => after(now, length)),
    kind: undefined,
    epoch: undefined,
  }
  if (!(await apiTokens.insert(stored))) throw new AuthError('user_not_found')
  return { token, record: apiTokenOf(stored) }
}

function refuseFaults(found: Readonly<Record<string, string | undefined>>): void {
  const faults = Object.entries(found).filter(([, fault]) => fault !== undefined)
  if (faults.length === 0) return
  const body = Object.fromEntries(faults.map(([field, fault]) => [field, [fault]]))
  throw new AuthError('invalid', undefined, { body })
}

function nameFault(name: unknown): string | undefined {
  if (name === undefined || (typeof name === 'string' && isName(name))) return undefined
  return 'Must be 1 to 150 visible characters.'
}

const isName = (text: string): boolean =>
  text !== '' && text.length <= 150 && text.isWellFormed() && !/\p{Cc}/u.test(text)

/** RFC 6749 appendix A.4. */
function scopesFault(scopes: unknown): string | undefined {
  if (Array.isArray(scopes) && scopes.every(isScope) && scopes.length <= 100)
    return undefined
  return 'Must be a list of words without blanks, quotes and backslashes.'
}

const isScope = (scope: unknown): boolean =>
  typeof scope === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/.test(scope)

function lifetimeFault(lifetime: Seconds | undefined): string | undefined {
  if (lifetime === undefined || (lifetime > 0 && lifetime <= days(36_525)))
    return undefined
  return 'Must be a length of time, 100 years at most.'
}

function prefixFault(prefix: unknown): string | undefined {
  if (typeof prefix === 'string' && /^[a-z\d]{1,10}$/i.test(prefix)) return undefined
  return 'Must be 1 to 10 letters and digits.'
}
