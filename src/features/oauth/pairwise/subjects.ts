import { createHmac } from 'node:crypto'
import { AuthError } from '../../../base/errors.ts'
import { ifDefined } from '../../../base/optional.ts'
import type { SessionOrigin } from '../../../sessions/session.ts'
import type { Core } from '../../core.ts'
import type { StoredClient } from '../client.ts'
import { hasOAuth } from '../options.ts'
import { sectorOf } from './sector.ts'
import { subjectKey } from './subject-key.ts'

/** What the tokens of an application name users by (OpenID Connect Core 1.0 §8). */
export interface Subjects {
  readonly isPairwise: boolean
  /** The name of a user for this application: `sub`. */
  of(userId: string): string
}

type NamedClient = Pick<
  StoredClient,
  'id' | 'subjectType' | 'redirectUris' | 'sectorIdentifierUri'
>

const PUBLIC: Subjects = { isPairwise: false, of: (userId) => userId }

/**
 * The names that an application has for users. Those of a pairwise one differ for each sector, and only the instance can find the user of
 * one.
 */
export async function subjectsOf(client: NamedClient, core: Core): Promise<Subjects> {
  if (client.subjectType === 'public') return PUBLIC
  const sector = sectorOf(client)
  if (sector === undefined)
    throw new AuthError('server_error', `the application ${client.id} has no sector`)
  const key = await subjectKey(core)
  return { isPairwise: true, of: (userId) => pairwiseSubject(key, sector, userId) }
}

/**
 * Makes the key of a pairwise application: a secret that is missing or wrong is an error now, and not at the first sign-in. Without the option
 * `oauth`, as in the command, the secret need not be that of the server.
 */
export async function prepareSubjects(client: NamedClient, core: Core): Promise<void> {
  if (hasOAuth(core.section)) await subjectsOf(client, core)
}

/** A sign-in with its actor as an application may know it. */
export const namedOrigin = <Origin extends Pick<SessionOrigin, 'actor'>>(
  origin: Origin,
  subjects: Subjects,
): Origin => ({ ...origin, actor: ifDefined(origin.actor, subjects.of) })

/** Begins every pairwise name, so that no id of a user is one. */
const PREFIX = 'pairwise_'

/** A sector has no NUL, so that no other sector and user give the same bytes. */
const pairwiseSubject = (key: Uint8Array, sector: string, userId: string): string =>
  PREFIX + createHmac('sha256', key).update(`${sector}\0${userId}`).digest('base64url')

/** Whether an id looks like the name that a pairwise application has for a user. */
export const isLikePairwise = (id: string): boolean => id.startsWith(PREFIX)
