import { AuthError } from '../../base/errors.ts'
import { argumentOf, refuseUnknownOptions } from '../../base/known-options.ts'
import { hexId } from '../../base/random.ts'
import type { SessionId } from '../../sessions/session.ts'
import { requireString } from '../../users/field-errors.ts'
import type { Core } from '../core.ts'
import {
  EXCHANGE_GRANT,
  type GrantType,
  publicClient,
  type ShownClient,
  type StoredClient,
} from './client.ts'
import { NEW_CLIENT, sessionsOf, withOwnSession } from './clients.ts'
import type { LiveConsent } from './consents-sql.ts'
import { mayStill } from './grant-request.ts'
import { type ClientChanges, parseChanges } from './new-client.ts'
import { sectorOf } from './pairwise/sector.ts'
import { prepareSubjects } from './pairwise/subjects.ts'
import { newSecret, secretDigestOf } from './secret.ts'
import { clientStore } from './sql.ts'

const { id: _, ...CHANGES } = NEW_CLIENT

/** Attempts while other calls change the same application. */
const ATTEMPTS = 3

/** See `ClientAdmin.update`. */
export async function updateClient(
  given: string,
  changes: ClientChanges,
  core: Core,
): Promise<ShownClient | undefined> {
  refuseUnknownOptions(changes, CHANGES, argumentOf('clients.update'))
  const id = requireString('id', given)
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = await core.ports(clientStore).clients.find(id)
    if (before === undefined) return undefined
    const updated = await replaceClient(before, changes, core)
    if (updated !== undefined) return updated
  }
  throw new AuthError('busy', 'the application is being changed')
}

/** @returns `undefined` if another call has changed it meanwhile */
async function replaceClient(
  before: StoredClient,
  changes: ClientChanges,
  core: Core,
): Promise<ShownClient | undefined> {
  const properties = parseChanges(before, changes)
  const secret = newSecretFor(before, properties, core)
  const after: StoredClient = {
    ...before,
    ...properties,
    ...(secret !== undefined && { secret: secretDigestOf(secret) }),
    ...(properties.proof !== 'secret' && NO_SECRETS),
    ...(endsOwnTokens(before, properties) && {
      sessionId: hexId(core.random) as SessionId,
    }),
  }
  await prepareSubjects(after, core)
  const { clients } = core.ports(clientStore)
  const replace = () => clients.replace(before, after)
  const isSame = after.sessionId === before.sessionId
  const replaced = await (isSame ? replace() : withOwnSession(after, core, replace))
  if (!replaced) return undefined
  const sessions = await endExcess(before, after, core)
  await core.audit.record({
    kind: 'client_changed',
    detail: { client: before.id, fields: Object.keys(changes), sessions },
  })
  return { client: publicClient(after), secret }
}

const NO_SECRETS = {
  secret: undefined,
  previousSecret: undefined,
  previousSecretUntil: undefined,
} as const

type Properties = Pick<
  StoredClient,
  | 'proof'
  | 'keys'
  | 'jwksUri'
  | 'scopes'
  | 'resources'
  | 'grants'
  | 'skipConsent'
  | 'dpopBoundAccessTokens'
>

function newSecretFor(
  before: StoredClient,
  { proof }: Properties,
  { random }: Core,
): string | undefined {
  if (proof !== 'secret' || before.proof === 'secret') return undefined
  return newSecret(random)
}

const isWithin = <T>(some: readonly T[], all: readonly T[]): boolean =>
  some.every((each) => all.includes(each))

/** Whether it proves in another way who it is, or may do less for itself. */
const endsOwnTokens = (before: StoredClient, next: Properties): boolean =>
  before.proof !== next.proof ||
  (next.dpopBoundAccessTokens && !before.dpopBoundAccessTokens) ||
  !isWithin(textsOf(before.keys), textsOf(next.keys)) ||
  (before.jwksUri !== undefined && before.jwksUri !== next.jwksUri) ||
  !isWithin(before.scopes, next.scopes) ||
  !isWithin(before.resources, next.resources) ||
  !isWithin(before.grants, next.grants)

const textsOf = (keys: StoredClient['keys']): readonly string[] =>
  keys.map((key) => JSON.stringify(key))

/**
 * Revokes the sessions that may do more than the application may now. They are compared with it, not with the change, so that a call that
 * failed after its first write can be repeated.
 *
 * @returns how many were revoked
 */
async function endExcess(
  before: StoredClient,
  after: StoredClient,
  core: Core,
): Promise<number> {
  const all = await core.ports(clientStore).consents.live(after.id)
  const excess = all.filter((each) => isExcess(each, before, after, core))
  const sessions = sessionsOf(core)
  for (const { id } of excess) await sessions.revoke(id, 'admin', core.clock())
  return excess.length
}

function isExcess(
  session: LiveConsent,
  before: StoredClient,
  after: StoredClient,
  core: Core,
): boolean {
  if (!session.hasUser) return session.id !== after.sessionId
  const { scopes, resources: audiences } = session
  if (after.dpopBoundAccessTokens && !session.isBound) return true
  return endsConsents(before, after) || !mayStill({ scopes, audiences }, after, core)
}

/**
 * Without the grants by which users let it in, if users have never been asked and are to be now, or if it gets other names for them: its
 * tokens have the former ones.
 */
const endsConsents = (before: StoredClient, after: StoredClient): boolean =>
  !isWithin(before.grants.filter(isOfUsers), after.grants) ||
  (before.skipConsent && !after.skipConsent) ||
  namingOf(before) !== namingOf(after)

const namingOf = (client: StoredClient): string | undefined =>
  client.subjectType === 'public' ? 'public' : sectorOf(client)

/** Without `refresh_token`, consents only end with their access tokens. */
const NOT_OF_USERS: readonly GrantType[] = [
  'client_credentials',
  'refresh_token',
  EXCHANGE_GRANT,
]

const isOfUsers = (grant: GrantType): boolean => !NOT_OF_USERS.includes(grant)
