import { after, days, type Seconds, type UnixSeconds } from '../../base/clock.ts'
import { type Duration, secondsOf } from '../../base/duration.ts'
import { AuthError } from '../../base/errors.ts'
import { argumentOf, refuseUnknownOptions } from '../../base/known-options.ts'
import { ifDefined } from '../../base/optional.ts'
import { hexId } from '../../base/random.ts'
import type { SessionId } from '../../sessions/session.ts'
import type { SessionManager } from '../../sessions/session-manager.ts'
import { fieldError, requireString } from '../../users/field-errors.ts'
import type { Core } from '../core.ts'
import {
  type ClientId,
  type OAuthClient,
  publicClient,
  type SecretDigest,
  type ShownClient,
  type StoredClient,
} from './client.ts'
import { type NewClient, parseNewClient } from './new-client.ts'
import { oauthOptions } from './options.ts'
import { prepareSubjects } from './pairwise/subjects.ts'
import { newSecret, secretDigestOf } from './secret.ts'
import { clientStore } from './sql.ts'

/** The fields of a new application. */
export const NEW_CLIENT: Readonly<Record<keyof NewClient, true>> = {
  name: true,
  id: true,
  proof: true,
  grants: true,
  scopes: true,
  resources: true,
  audiences: true,
  redirectUris: true,
  postLogoutRedirectUris: true,
  backchannelLogoutUri: true,
  backchannelLogoutSessionRequired: true,
  keys: true,
  jwksUri: true,
  skipConsent: true,
  dpopBoundAccessTokens: true,
  requirePushedAuthorizationRequests: true,
  subjectType: true,
  sectorIdentifierUri: true,
}

/** @param registrationToken of an application that registers itself */
export async function createClient(
  input: NewClient,
  core: Core,
  registrationToken?: SecretDigest,
): Promise<ShownClient> {
  refuseUnknownOptions(input, NEW_CLIENT, argumentOf('clients.create'))
  const properties = parseNewClient({
    ...input,
    subjectType: input.subjectType ?? core.section(oauthOptions)?.subjectType ?? 'public',
  })
  const id = await newId(input.id, core)
  const secret = properties.proof === 'secret' ? newSecret(core.random) : undefined
  const client: StoredClient = {
    ...properties,
    id,
    secret: ifDefined(secret, secretDigestOf),
    previousSecret: undefined,
    previousSecretUntil: undefined,
    sessionId: hexId(core.random) as SessionId,
    createdAt: core.clock(),
    disabledAt: undefined,
    registrationToken,
    documentUntil: undefined,
  }
  await prepareSubjects(client, core)
  const { clients } = core.ports(clientStore)
  if (!(await withOwnSession(client, core, () => clients.insert(client))))
    throw fieldError({ id: [ID_TAKEN] })
  await core.audit.record({
    kind: 'client_created',
    detail: {
      client: id,
      grants: client.grants,
      scopes: client.scopes,
      ...(registrationToken !== undefined && { registered: true }),
    },
  })
  return { client: publicClient(client), secret }
}

export async function listClients(core: Core): Promise<readonly OAuthClient[]> {
  const all = await core.ports(clientStore).clients.list()
  return all.map(publicClient)
}

export async function findClient(
  id: string,
  core: Core,
): Promise<OAuthClient | undefined> {
  const client = await core.ports(clientStore).clients.find(requireString('id', id))
  return client && publicClient(client)
}

const ID_TAKEN = 'An application or a user with this id already exists.'

/** The subject of its tokens: no user may have the same (RFC 9068 §5). */
async function newId(
  given: string | undefined,
  { random, users }: Core,
): Promise<ClientId> {
  if (given === undefined) return `client_${hexId(random)}` as ClientId
  if (!/^[!-9;-~]{1,100}$/.test(requireString('id', given)))
    throw fieldError({
      id: ['Must be 1 to 100 visible ASCII characters without a colon.'],
    })
  if ((await users.find('id', given)) !== undefined) throw fieldError({ id: [ID_TAKEN] })
  return given as ClientId
}

/** The end of the year 9999: an application's own tokens have a session as long as it exists. */
const NEVER = 253_402_300_799 as UnixSeconds

/**
 * Opens the session of an application's own tokens, which ends again if `write` does not name it. They all share one, so that issuing a
 * token writes nothing.
 *
 * @returns whether `write` did
 */
export async function withOwnSession(
  client: StoredClient,
  core: Core,
  write: () => Promise<boolean>,
): Promise<boolean> {
  await openOwnSession(client, core)
  if (await write()) return true
  await sessionsOf(core).revoke(client.sessionId, 'logout', core.clock())
  return false
}

const openOwnSession = (
  { id, sessionId, scopes, resources: resource }: StoredClient,
  core: Core,
): Promise<void> => {
  const { clock, random } = core
  return sessionsOf(core).adopt({
    id: sessionId,
    userId: undefined,
    jti: hexId(random),
    createdAt: clock(),
    expiresAt: NEVER,
    idleExpiresAt: NEVER,
    epoch: 0,
    grant: { clientId: id, scopes, resource },
  })
}

export function sessionsOf({ sessions }: Core): SessionManager {
  if (sessions !== undefined) return sessions
  throw new AuthError(
    'invalid_config',
    'auth.clients needs stored sessions: set tokens.sessions to true.',
  )
}

/** Longer than any roll-out of a secret. */
const LONGEST_OVERLAP = days(90)

function overlapOf(overlap: Duration = days(1)): Seconds {
  const length = secondsOf(overlap)
  if (length !== undefined && length >= 0 && length <= LONGEST_OVERLAP) return length
  throw fieldError({
    overlap: [
      'Must be a duration such as 1h or 7d, or a number of seconds; at most 90d.',
    ],
  })
}

export async function rotateSecret(
  id: string,
  options: { readonly overlap?: Duration } = {},
  core: Core,
): Promise<ShownClient | undefined> {
  refuseUnknownOptions(options, { overlap: true }, argumentOf('clients.rotateSecret'))
  const overlap = overlapOf(options.overlap)
  const { clients } = core.ports(clientStore)
  const client = await clients.find(requireString('id', id))
  if (client === undefined) return undefined
  const secret = newSecret(core.random)
  const now = core.clock()
  const sessionId = hexId(core.random) as SessionId
  const previousUntil = after(now, overlap)
  const next = { secret: secretDigestOf(secret), previousUntil, sessionId }
  const replaced = await withOwnSession({ ...client, sessionId }, core, () =>
    clients.replaceSecret(client, next),
  )
  if (!replaced) return undefined
  // Also those of an earlier call that failed between the two writes.
  await sessionsOf(core).revokeAllOfClient(id, 'admin', now, { except: sessionId })
  await core.audit.record({
    kind: 'client_secret_rotated',
    detail: { client: id, overlap },
  })
  const rotated = { ...client, previousSecretUntil: previousUntil }
  return { client: publicClient(rotated), secret }
}

/**
 * The session of the tokens that an application has for itself. If an operator has revoked it, a new one begins: the revocation feed
 * drops a revoked session once the tokens issued before have expired.
 *
 * @throws AuthError `busy` if the application has changed meanwhile
 */
export async function liveOwnSession(
  client: StoredClient,
  core: Core,
): Promise<SessionId> {
  const found = await sessionsOf(core).find(client.sessionId)
  if (found !== undefined && found.session.revokedAt === undefined)
    return client.sessionId
  const next = await replaceOwnSession(client, core)
  if (next !== undefined) return next
  throw new AuthError('busy', 'the application has changed meanwhile')
}

/** @returns `undefined` if the application has changed meanwhile */
async function replaceOwnSession(
  client: StoredClient,
  core: Core,
): Promise<SessionId | undefined> {
  const { clients } = core.ports(clientStore)
  const sessionId = hexId(core.random) as SessionId
  const replaced = await withOwnSession({ ...client, sessionId }, core, () =>
    clients.replaceSession(client, sessionId),
  )
  if (replaced) return sessionId
  return undefined
}

/** Revokes all tokens that an application has for itself; the next one gets a new session. */
export async function endOwnTokens(client: StoredClient, core: Core): Promise<void> {
  // If another call was first, its session goes on.
  if ((await replaceOwnSession(client, core)) === undefined) return
  await sessionsOf(core).revoke(client.sessionId, 'logout', core.clock())
}

export async function disableClient(given: string, core: Core): Promise<boolean> {
  const id = requireString('id', given) as ClientId
  const disabled = await core.ports(clientStore).clients.disable(id, core.clock())
  const sessions = await revokeSessions(id, core)
  if (disabled)
    await core.audit.record({ kind: 'client_disabled', detail: { client: id, sessions } })
  return disabled
}

export async function enableClient(given: string, core: Core): Promise<boolean> {
  const { clients } = core.ports(clientStore)
  const client = await clients.find(requireString('id', given))
  if (client?.disabledAt === undefined) return false
  // Also those that `disable` has left because the store failed between its two writes.
  await revokeSessions(client.id, core)
  const enabled = await clients.enable(client.id)
  if (enabled)
    await core.audit.record({ kind: 'client_enabled', detail: { client: client.id } })
  return enabled
}

export async function deleteClient(given: string, core: Core): Promise<boolean> {
  const id = requireString('id', given) as ClientId
  const { clients } = core.ports(clientStore)
  // First, so that no token is issued between the two: sessions of a deleted application could not be found by its name.
  await clients.disable(id, core.clock())
  const sessions = await revokeSessions(id, core)
  await core.clientDeleted(id)
  const deleted = await clients.delete(id)
  if (deleted)
    await core.audit.record({ kind: 'client_deleted', detail: { client: id, sessions } })
  return deleted
}

const revokeSessions = async (id: ClientId, core: Core): Promise<number> =>
  (await sessionsOf(core).revokeAllOfClient(id, 'admin', core.clock())).length
