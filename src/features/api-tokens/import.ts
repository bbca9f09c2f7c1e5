import type { UnixSeconds } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import { ifDefined } from '../../base/optional.ts'
import { hexId } from '../../base/random.ts'
import { fieldError } from '../../users/field-errors.ts'
import type { UserId } from '../../users/user.ts'
import type { Core } from '../core.ts'
import { type ApiTokenId, importedDigest, type StoredApiToken } from './api-token.ts'
import { apiTokenStore } from './sql.ts'

/** A token of django-rest-knox, as its table `knox_authtoken` has it. */
export interface ImportedApiToken {
  /** The id of the user here. */
  readonly userId: string
  /** The SHA-512 of the token: 128 hexadecimal digits. */
  readonly digest: string
  /** The first characters of the token (`token_key`), which lists show. */
  readonly hint: string
  /** Default: now. */
  readonly createdAt?: Date | undefined
  /** Default: it does not expire. */
  readonly expiresAt?: Date | undefined
}

export interface ApiTokenImportCounts {
  readonly imported: number
  /** Those that are here already, and those of unknown users. */
  readonly skipped: number
}

/** What tokens of knox are among the API tokens. */
export const KNOX = 'knox'

/**
 * Adds tokens of django-rest-knox, one statement each. It can be repeated: those that are here already are skipped.
 *
 * @throws AuthError `invalid` for the first token that is not one, with its place in the list
 */
export async function importApiTokens(
  tokens: Iterable<ImportedApiToken> | AsyncIterable<ImportedApiToken>,
  core: Core,
): Promise<ApiTokenImportCounts> {
  const { apiTokens } = core.ports(apiTokenStore)
  const counts = { imported: 0, skipped: 0 }
  for await (const token of tokens) {
    const place = counts.imported + counts.skipped
    const stored = await storedOf(token, place, core)
    const isNew = stored !== undefined && (await apiTokens.insertImported(stored))
    counts[isNew ? 'imported' : 'skipped'] += 1
  }
  await core.audit.record({ kind: 'api_token_created', detail: { ...counts } })
  return counts
}

/** A later password change revokes the token, as it does those of sign-ins here. */
async function storedOf(
  token: ImportedApiToken,
  place: number,
  { users, clock, random }: Core,
): Promise<StoredApiToken | undefined> {
  refuseFaults(token, place)
  const account = await users.read('id', token.userId)
  if (account === undefined) return undefined
  const { createdAt, expiresAt } = token
  return {
    id: hexId(random) as ApiTokenId,
    userId: account.user.id as UserId,
    digest: importedDigest(token.digest),
    hint: token.hint,
    name: undefined,
    scopes: [],
    nonce: undefined,
    createdAt: ifDefined(createdAt, secondsOf) ?? clock(),
    expiresAt: ifDefined(expiresAt, secondsOf),
    kind: KNOX,
    epoch: account.user.epoch,
  }
}

const secondsOf = (date: Date): UnixSeconds => (date.getTime() / 1000) as UnixSeconds

const FAULTS: Readonly<Record<keyof ImportedApiToken, (value: unknown) => boolean>> = {
  userId: (value) => typeof value !== 'string',
  digest: (value) => typeof value !== 'string' || !/^[\da-f]{128}$/i.test(value),
  // More of a token than knox keeps would not be a hint.
  hint: (value) => typeof value !== 'string' || !/^[\x21-\x7e]{1,25}$/.test(value),
  createdAt: isNoDate,
  expiresAt: isNoDate,
}

const EXPECTED: Readonly<Record<keyof ImportedApiToken, string>> = {
  userId: 'Must be the id of a user.',
  digest: 'Must be a SHA-512: 128 hexadecimal digits.',
  hint: 'Must be the first characters of the token, 25 at most.',
  createdAt: 'Must be a Date.',
  expiresAt: 'Must be a Date.',
}

function isNoDate(value: unknown): boolean {
  return value !== undefined && !(value instanceof Date && !Number.isNaN(value.getTime()))
}

/** @throws AuthError `invalid` */
function refuseFaults(token: ImportedApiToken, place: number): void {
  if (typeof token !== 'object' || token === null)
    throw new AuthError('invalid', `the token at place ${place} is no object`)
  for (const name of Object.keys(FAULTS) as (keyof ImportedApiToken)[])
    if (FAULTS[name](token[name]))
      throw fieldError({ [`${place}.${name}`]: [EXPECTED[name]] })
}
