import type { Identity } from '../authentication/scheme.ts'
import type { AuthError } from '../base/errors.ts'
import { type Log, pathForLog } from '../base/log.ts'
import type { AuthRequest } from '../http/request.ts'
import { type Roles, rightsOf } from '../permissions/rights.ts'
import type { GuardDeps } from './guard.ts'

export interface GuardSettings {
  readonly roles: Roles
  /** Whether denied requests are logged. */
  readonly explain: boolean
  readonly log: Log
  readonly addressOf: (request: AuthRequest) => string
}

export const guardDeps = ({
  roles,
  explain,
  log,
  addressOf,
}: GuardSettings): GuardDeps => ({
  rights: rightsOf(roles),
  addressOf,
  onDenied: explain ? (...denial) => log(logEntryOf(...denial)) : undefined,
})

/** Leaves out the credentials, and the query, which may contain a secret. */
const logEntryOf = (
  { code, message }: AuthError,
  request: AuthRequest,
  identity: Identity<unknown> | undefined,
) =>
  ({
    level: 'info',
    event: 'a request was refused',
    method: request.isRead === undefined ? request.method : undefined,
    path: pathForLog(request.url),
    scheme: identity?.scheme,
    user: (identity?.user as { readonly id?: unknown } | undefined)?.id,
    code,
    reason: message,
  }) as const
