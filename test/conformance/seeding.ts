import { systemClock } from '../../src/base/clock.ts'
import {
  type ApiTokenId,
  digestOf,
  type StoredApiToken,
} from '../../src/features/api-tokens/api-token.ts'
import type { UserId } from '../../src/users/user.ts'
import { sqliteStore } from '../stores/open.ts'
import { PERMISSION_ROLES } from './configs.ts'
import { DATA, readJson } from './recording.ts'

interface SeedRow {
  readonly id: number
  readonly password?: string
  readonly username: string
  readonly email: string
  readonly first_name?: string
  readonly last_name?: string
  readonly uuid?: string
  readonly is_active?: boolean
  readonly is_staff?: boolean
  readonly is_superuser?: boolean
  readonly groups?: readonly string[]
  readonly permissions?: readonly string[]
  readonly auth_token?: string
}

interface Seed {
  readonly users: readonly SeedRow[]
  readonly notes: readonly { readonly id: number; readonly title: string }[]
}

const SEED = readJson<Seed>(new URL('seed.json', DATA))

/** No log may hold one of them. */
export const seededPasswords = (): readonly string[] =>
  SEED.users.flatMap(({ password }) => password ?? [])

/**
 * Creates a database with the users of the recorded servers and their password hashes by Django.
 *
 * @param byEmail a user model with a UUID as the key and the email as the username: users without a UUID are left out
 */
export async function seed(
  file: string,
  { byEmail }: { readonly byEmail: boolean },
): Promise<void> {
  const { users } = SEED
  const hashes = readJson<{ [username: string]: string }>(new URL('passwords.json', DATA))
  const store = sqliteStore({ file })
  for (const row of users) {
    if (byEmail && row.uuid === undefined) continue
    const username = byEmail ? row.email : row.username
    const id = (byEmail ? row.uuid : String(row.id)) as UserId
    const inserted = await store.ports.users.insert({
      id,
      username,
      usernameKey: username.normalize('NFKC').toLowerCase(),
      email: row.email,
      hash: hashes[row.username]!,
      active: row.is_active ?? true,
      staff: row.is_staff ?? false,
      superuser: row.is_superuser ?? false,
      joinedAt: systemClock(),
      roles: [...(row.groups ?? []), ...rolesOf(row.permissions)],
      attributes: {
        groups: row.groups ?? [],
        first_name: row.first_name ?? '',
        last_name: row.last_name ?? '',
      },
    })
    if (!inserted) throw new Error(`${username} could not be seeded`)
    if (row.auth_token !== undefined)
      await store.ports.apiTokens.insert(tokenOf(id, row.auth_token))
  }
  await store.close()
}

/** The roles that stand for permissions. */
export function rolesOf(permissions: readonly string[] = []): readonly string[] {
  const unknown = permissions.find((permission) => !isPermission(permission))
  if (unknown !== undefined)
    throw new Error(`cannot be played: permission ${unknown} is not in PERMISSION_ROLES`)
  return permissions
}

export const isPermission = (role: string): boolean =>
  Object.hasOwn(PERMISSION_ROLES, role)

/** An API token of another server. */
const tokenOf = (userId: UserId, key: string): StoredApiToken => ({
  id: userId.padStart(32, '0') as ApiTokenId,
  userId,
  digest: digestOf(key),
  hint: key.slice(0, 8),
  name: undefined,
  scopes: [],
  nonce: undefined,
  kind: undefined,
  epoch: undefined,
  createdAt: systemClock(),
  expiresAt: undefined,
})

export const seededNotes = (): Map<number, string> =>
  new Map(SEED.notes.map(({ id, title }) => [id, title]))
