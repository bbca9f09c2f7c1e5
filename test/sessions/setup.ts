import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  days,
  minutes,
  type Seconds,
  seconds,
  type UnixSeconds,
} from '../../src/base/clock.ts'
import type {
  NewSession,
  RotatedSession,
  SessionId,
  StoredSession,
} from '../../src/sessions/session.ts'
import type { SessionSettings } from '../../src/sessions/session-manager.ts'
import type { UserId } from '../../src/users/user.ts'
import type { NewUser } from '../../src/users/users.ts'

/** A round moment in 2026. */
export const NOON = 1_790_000_000 as UnixSeconds

export const at = (moment: UnixSeconds, later: number): UnixSeconds =>
  (moment + later) as UnixSeconds

export const vitor: NewUser = {
  id: 'a1' as UserId,
  username: 'vitor',
  usernameKey: 'vitor',
  email: undefined,
  hash: '!',
  active: true,
  staff: false,
  superuser: false,
  roles: [],
  joinedAt: NOON,
  attributes: {},
}

/** A session of 30 days whose first refresh token lives for a day and has the `jti` `<id>-0`. */
export const aSession = (
  id: string,
  { createdAt = NOON, ...rest }: Partial<NewSession> = {},
): NewSession => ({
  id: id as SessionId,
  userId: vitor.id,
  jti: `${id}-0`,
  createdAt,
  expiresAt: at(createdAt, days(30)),
  idleExpiresAt: at(createdAt, days(1)),
  epoch: 0,
  ...rest,
})

export const SETTINGS: SessionSettings = {
  idle: days(1),
  leeway: seconds(0),
  overlap: seconds(10),
  lostAnswer: seconds(0),
  reuse: 'revoke',
  require: { user: true, active: true, epoch: true },
  window: minutes(5),
  maxAge: seconds(30),
}

export const strict: SessionSettings = { ...SETTINGS, overlap: 0 as Seconds }

/** With an answer that may be lost for as long as an access token lives. */
export const forgiving: SessionSettings = { ...SETTINGS, lostAnswer: minutes(5) }

/** A folder for the files of one test, and its removal. */
export function aFolder(): {
  readonly file: string
  readonly folder: string
  remove(): void
} {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-'))
  return {
    folder,
    file: join(folder, 'watchword.db'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** What a refresh reads of a session. */
export function rotatedPart(session: StoredSession | RotatedSession): RotatedSession {
  const left = ['address', 'userAgent', 'amr', 'authTime', 'actor', 'lastUsedAt']
  left.push('clientId', 'scopes', 'resource', 'jkt')
  const kept = Object.entries(session).filter(([name]) => !left.includes(name))
  return Object.fromEntries(kept) as unknown as RotatedSession
}
