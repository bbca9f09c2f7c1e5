import type { UnixSeconds } from '../../../base/clock.ts'
import { mayUse } from '../../../tokens/token-settings.ts'
import type { Account } from '../../../users/user.ts'
import { digestOf, type StoredApiToken } from '../../api-tokens/api-token.ts'
import { isDerivable } from '../../api-tokens/derived-token.ts'
import { apiTokenStore } from '../../api-tokens/sql.ts'
import { findKeptSession } from '../../browser-sessions/browser-session.ts'
import type { Core } from '../../core.ts'
import {
  type Check,
  type ExplainedMember,
  type ExplainedToken,
  outcomesOf,
  refusedBy,
} from './explained.ts'
import { REVOKE_REASONS } from './standing.ts'
import { lengthOf, momentText } from './words.ts'

/** Before every expiry: an expired token is found, too. */
const LONG_AGO = 0 as UnixSeconds

/** An API token, as its scheme judges it at each request. */
export async function explainApiToken(
  token: string,
  core: Core,
): Promise<ExplainedToken> {
  const { apiTokens } = core.ports(apiTokenStore)
  const stored = await apiTokens.find(digestOf(token), LONG_AGO)
  if (stored === undefined) return explained('api token', [NO_API_TOKEN])
  const account = await core.users.find('id', stored.userId)
  const checks = [
    { name: 'Token', holds: true, text: `Known: it begins with ${stored.hint}.` },
    ...apiTokenChecks(stored, account, core),
  ]
  return explained('api token', checks, account, apiTokenMembers(stored))
}

const NO_API_TOKEN: Check = {
  name: 'Token',
  holds: false,
  summary: 'there is no such API token',
  text: 'There is no token with this digest.',
  advice:
    'It was revoked, it expired and was deleted, or it belongs to another database.',
}

function apiTokenChecks(
  stored: StoredApiToken,
  account: Account | undefined,
  core: Core,
): readonly Check[] {
  const checks: Check[] = [expiryCheck(stored, core)]
  if (!isDerivable(stored, core))
    checks.push({
      name: 'Secret',
      holds: false,
      text: 'The secret from which it was derived was replaced.',
      option: 'secret',
    })
  checks.push(ownerCheck(account, core))
  const isOld = stored.epoch !== undefined && stored.epoch !== account?.user.epoch
  if (account !== undefined && isOld)
    checks.push({
      name: 'Password',
      holds: false,
      text: 'The user has a new password since the sign-in that made it.',
      advice: 'The client has to sign in again.',
    })
  return checks
}

function expiryCheck({ expiresAt }: StoredApiToken, { clock }: Core): Check {
  const name = 'Lifetime'
  if (expiresAt === undefined) return { name, holds: true, text: 'It does not expire.' }
  const left = expiresAt - clock()
  if (left > 0) return { name, holds: true, text: `Valid for another ${lengthOf(left)}.` }
  return {
    name,
    holds: false,
    summary: `the API token expired ${lengthOf(-left)} ago`,
    text: `Expired ${momentText(expiresAt)}.`,
    advice: 'Create another token.',
  }
}

function ownerCheck(account: Account | undefined, { tokens }: Core): Check {
  const name = 'User'
  if (account === undefined)
    return {
      name,
      holds: false,
      text: 'Its user was deleted.',
      summary: 'its user was deleted',
    }
  const { user } = account
  if (mayUse(user, tokens.settings))
    return { name, holds: true, text: `${user.username} may use the service.` }
  return {
    name,
    holds: false,
    summary: 'its user is not active',
    text: `${user.username} is not active, or refused by users.rule.`,
    advice: 'Activate the user.',
    option: user.active ? 'users.rule' : 'users.checkActive',
  }
}

const apiTokenMembers = (stored: StoredApiToken): readonly ExplainedMember[] => [
  { name: 'id', value: stored.id, meaning: 'id of the token' },
  { name: 'name', value: stored.name ?? '', meaning: 'what it is for' },
  {
    name: 'scopes',
    value: stored.scopes.join(' '),
    meaning: stored.scopes.length === 0 ? 'not limited' : 'what it is limited to',
  },
  { name: 'created', value: momentText(stored.createdAt), meaning: '' },
]

/** The secret in the cookie of a browser. */
export async function explainBrowserSession(
  secret: string,
  core: Core,
): Promise<ExplainedToken> {
  const found = await findKeptSession(secret, core)
  if (found === undefined) return explained('browser session', [NO_BROWSER_SESSION])
  const { session } = found
  const { userId } = session
  const account = userId === undefined ? undefined : await core.users.find('id', userId)
  const isOld = account !== undefined && account.user.epoch !== session.epoch
  const checks: Check[] = [
    { name: 'Cookie', holds: true, text: `Of the session ${session.id}.` },
    endCheck(session.expiresAt, core),
    {
      name: 'Session',
      holds: session.revokeReason === undefined,
      text:
        session.revokeReason === undefined
          ? `Active since ${momentText(session.createdAt)}.`
          : `Revoked: ${REVOKE_REASONS[session.revokeReason]}.`,
      advice: 'The user has to sign in again.',
    },
    ownerCheck(account, core),
    ...(isOld ? [NEW_PASSWORD] : []),
  ]
  const result = explained('browser session', checks, account, [])
  return { ...result, sessionId: session.id }
}

const NO_BROWSER_SESSION: Check = {
  name: 'Cookie',
  holds: false,
  summary: 'there is no session of this cookie',
  text: 'There is no session of this cookie.',
  advice: 'It ended and was deleted, or belongs to another database.',
}

const NEW_PASSWORD: Check = {
  name: 'Password',
  holds: false,
  text: 'It was changed since the sign-in.',
  advice: 'The user has to sign in again.',
}

function endCheck(expiresAt: number, { clock }: Core): Check {
  const left = expiresAt - clock()
  const name = 'Lifetime'
  if (left > 0) return { name, holds: true, text: `Valid for another ${lengthOf(left)}.` }
  const text = `Expired ${momentText(expiresAt)}.`
  return { name, holds: false, text, advice: 'The user has to sign in again.' }
}

const NAMES = { 'api token': 'API token', 'browser session': 'browser session' } as const

function explained(
  kind: keyof typeof NAMES,
  checks: readonly Check[],
  account?: Account | undefined,
  claims: readonly ExplainedMember[] = [],
): ExplainedToken {
  const refused = refusedBy(checks)
  const reason = refused?.summary ?? refused?.text.replace(/\.$/, '')
  return {
    kind,
    accepted: refused === undefined,
    summary:
      refused === undefined
        ? `Valid: this ${NAMES[kind]} is accepted.`
        : `Refused with 401: ${reason}.`,
    advice:
      refused === undefined ? 'Each request reads it again.' : (refused.advice ?? ''),
    option: refused?.option,
    checks: outcomesOf(checks),
    header: [],
    claims,
    user: account && { id: account.user.id, username: account.user.username },
    sessionId: undefined,
    answer: undefined,
  }
}
