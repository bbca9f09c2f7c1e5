import { challengeOf } from '../../../authentication/bearer.ts'
import { withTokenTypes } from '../../../authentication/bearer-token.ts'
import { AuthError, errorAnswer } from '../../../base/errors.ts'
import { rejectAccessType, requireType, TYPES } from '../../../jwt/compact.ts'
import type { Claims } from '../../../jwt/json.ts'
import { REFRESH_TYP } from '../../../keys/refresh-keys.ts'
import { foreignSessionId } from '../../../sessions/foreign-session-id.ts'
import type { SessionId, SessionState } from '../../../sessions/session.ts'
import { isPairwise } from '../../../tokens/pairwise.ts'
import { findNamedAccount, requireJti, userIdIn } from '../../../tokens/user-of-token.ts'
import type { Account } from '../../../users/user.ts'
import { hasTokenForm } from '../../api-tokens/api-token.ts'
import type { Core } from '../../core.ts'
import { tokenOptions } from '../../tokens/options.ts'
import {
  type Check,
  type ExplainedKind,
  type ExplainedToken,
  outcomesOf,
  refusedBy,
} from './explained.ts'
import { claimChecks, type ReadJwt, readJwt, shown, signatureChecks } from './jwt.ts'
import { claimMembers, headerMembers } from './members.ts'
import { explainApiToken, explainBrowserSession } from './opaque.ts'
import { revokeClaimCheck, rotationCheck, sessionCheck, userCheck } from './standing.ts'

/** Longer text is no token of any kind. */
const MAX_LENGTH = 65_536

/**
 * Explains what a token is, and why it is accepted or rejected. It changes nothing: no refresh token is exchanged, no session is
 * used, and the token is neither stored nor logged.
 *
 * @throws AuthError `store_unavailable`
 */
export async function explainToken(given: string, core: Core): Promise<ExplainedToken> {
  const token = tokenIn(given.slice(0, MAX_LENGTH))
  if (token.split('.').length === 3) return explainJwt(token, core)
  if (hasTokenForm(token)) return explainApiToken(token, core)
  if (/^[\w-]{43}$/.test(token)) return explainBrowserSession(token, core)
  return UNKNOWN
}

/** The token of a header, a cookie or a line of a log: without its scheme, its name and white space. */
function tokenIn(given: string): string {
  const header = given.trim().replace(/^(?:authorization|cookie|set-cookie)\s*:\s*/i, '')
  const value = header.replace(/^[\w-]+\s*=\s*/, '').replace(/;.*$/s, '')
  const word = value.replace(/^[A-Za-z]+\s+(?=\S)/, '')
  return word.replace(/[\s"']/g, '')
}

const UNKNOWN: ExplainedToken = {
  kind: 'unknown',
  accepted: false,
  summary: 'This is not a token of watchword.',
  advice:
    'An access or refresh token has three parts with dots between them; an API token begins with letters and "_", or is hexadecimal; the cookie of a browser session has 43 characters. Codes and links in mails cannot be looked up.',
  option: undefined,
  checks: [{ name: 'Form', outcome: 'refused', text: 'Not the form of a token.' }],
  header: [],
  claims: [],
  user: undefined,
  sessionId: undefined,
  answer: undefined,
}

async function explainJwt(token: string, core: Core): Promise<ExplainedToken> {
  const { maxBytes } = core.section(tokenOptions)
  let jwt: ReadJwt
  try {
    jwt = readJwt(token, maxBytes)
  } catch (error) {
    if (error instanceof AuthError && error.status === 401) return malformed(error, core)
    throw error
  }
  const kind = kindOf(jwt.claims, core)
  const facts = await factsOf(jwt.claims, core)
  const checks = await checksOf(jwt, kind, facts, core)
  return {
    ...verdictOf(kind, checks),
    kind,
    checks: outcomesOf(checks),
    header: headerMembers(jwt.header),
    claims: claimMembers(jwt.claims, core.tokens.settings),
    user: facts.account && {
      id: facts.account.user.id,
      username: facts.account.user.username,
    },
    sessionId: facts.sessionId,
    answer: await answerTo(token, kind, checks, core),
  }
}

function malformed(error: AuthError, core: Core): ExplainedToken {
  const isLarge = error.code === 'too_large'
  return {
    ...UNKNOWN,
    kind: 'other',
    summary: isLarge ? 'The token is too large.' : 'The token is damaged.',
    advice: isLarge
      ? 'Raise tokens.maxBytes in each service that reads the tokens, or let tokens.claims return less.'
      : `It was cut off or changed on its way: ${error.message}.`,
    option: isLarge ? 'tokens.maxBytes' : undefined,
    checks: [{ name: 'Form', outcome: 'refused', text: `${sentence(error.message)}.` }],
    answer: answerOf(withTokenTypes(error, core.tokens.settings), core),
  }
}

const KINDS: readonly string[] = ['access', 'refresh', 'sliding']

function kindOf(claims: Claims, { tokens }: Core): ExplainedKind {
  const type = claims[tokens.settings.typeClaim]
  return KINDS.includes(String(type)) ? (type as ExplainedKind) : 'other'
}

/** What the store has of a token's user and session. */
interface Facts {
  readonly userId: string | undefined
  readonly account: Account | undefined
  readonly sessionId: string | undefined
  readonly state: SessionState | undefined
}

async function factsOf(claims: Claims, core: Core): Promise<Facts> {
  const sessionId = sessionIdOf(claims, core)
  const state = sessionId && (await core.sessions?.find(sessionId))
  return { ...(await userFacts(claims, state, core)), sessionId, state }
}

/** A pairwise token names its user by its session alone. */
async function userFacts(
  claims: Claims,
  state: SessionState | undefined,
  { tokens, users }: Core,
): Promise<Pick<Facts, 'userId' | 'account'>> {
  if (isPairwise(claims)) {
    const userId = state?.session.userId
    return { userId, account: await users.find('id', userId ?? '') }
  }
  const userId = userIdIn(claims, tokens.settings)
  const account = userId ? await findNamedAccount(claims, tokens, userId) : undefined
  return { userId, account }
}

function sessionIdOf(
  { sid, ...claims }: Claims,
  { tokens }: Core,
): SessionId | undefined {
  const { adoptForeign, jtiClaim } = tokens.settings
  if (typeof sid === 'string') return sid as SessionId
  const jti = claims[jtiClaim]
  return adoptForeign && typeof jti === 'string' ? foreignSessionId(jti) : undefined
}

async function checksOf(
  jwt: ReadJwt,
  kind: ExplainedKind,
  facts: Facts,
  core: Core,
): Promise<readonly Check[]> {
  const { claims } = jwt
  const isRefresh = kind === 'refresh'
  const form = {
    name: 'Form',
    holds: true,
    text: 'Three parts, valid base64url and JSON.',
  }
  const signed = await signatureChecks(jwt, core)
  const checks: Check[] = [form, ...signed, ...claimChecks(jwt, core)]
  checks.push(typeCheck(jwt, kind, core), ...idCheck(claims, core))
  checks.push(
    userCheck(facts.account, facts.userId, core, isRefresh),
    ...revokeClaimCheck(claims, facts, core),
  )
  const hasSessions = core.sessions !== undefined
  if (hasSessions && isRefresh) checks.push(rotationCheck(claims, facts.state, core))
  else if (hasSessions) checks.push(sessionCheck(facts.state, claims.sid))
  return checks
}

function typeCheck({ header, claims }: ReadJwt, kind: ExplainedKind, core: Core): Check {
  const { types, typeClaim } = core.tokens.settings
  const type = claims[typeClaim]
  const check = { name: 'Type', option: 'tokens.types' }
  if (!hasMatchingHeader(header, kind))
    return {
      ...check,
      holds: false,
      text: `The header says ${shown(header.typ)}, the claim ${typeClaim} says ${shown(type)}.`,
      advice: 'Another service issued the token.',
    }
  if (kind === 'refresh')
    return {
      ...check,
      holds: true,
      text: 'A refresh token, to be exchanged for an access token.',
    }
  const holds = types.some((each) => each === type)
  return {
    ...check,
    holds,
    summary: 'it is no access token of this library',
    text: holds
      ? `${typeClaim} is ${shown(type)}, which guards accept.`
      : `${typeClaim} is ${shown(type)}; guards accept ${types.join(' and ')}.`,
    advice:
      'Send the access token. An ID token, or a token of another service, does not authenticate requests.',
  }
}

/** Whether header and claims name the same kind of token. */
function hasMatchingHeader(header: Claims, kind: ExplainedKind): boolean {
  try {
    const isRefresh = kind === 'refresh' && header.typ === REFRESH_TYP
    requireType(header, isRefresh ? [REFRESH_TYP] : TYPES)
    if (kind === 'refresh' || kind === 'sliding') rejectAccessType(header)
    return true
  } catch {
    return false
  }
}

function idCheck(claims: Claims, { tokens }: Core): readonly Check[] {
  const { jtiClaim } = tokens.settings
  try {
    requireJti(claims, tokens.settings)
    return []
  } catch {
    const text = `The claim ${jtiClaim} is missing, or no string of 1 to 255 characters.`
    return [{ name: 'Id', holds: false, text, option: 'tokens.jtiClaim' }]
  }
}

type Verdict = Pick<ExplainedToken, 'accepted' | 'summary' | 'advice' | 'option'>

const NAMES: Readonly<Record<string, string>> = {
  access: 'access token',
  refresh: 'refresh token',
  sliding: 'sliding token',
  other: 'token',
}

function verdictOf(kind: ExplainedKind, checks: readonly Check[]): Verdict {
  const refused = refusedBy(checks)
  const name = NAMES[kind] ?? 'token'
  if (refused === undefined)
    return {
      accepted: true,
      summary: `Valid: this ${name} is accepted.`,
      advice:
        kind === 'refresh'
          ? 'It can be exchanged for an access token. Guards do not accept it.'
          : 'If a request with it is answered with 403, a permission decides; with 429, a throttle.',
      option: undefined,
    }
  const reason = refused.summary ?? refused.text.replace(/\.$/, '')
  return {
    accepted: false,
    summary: `Refused with 401: ${reason}.`,
    advice: refused.advice ?? '',
    option: refused.option,
  }
}

/** What a guard, or the endpoint that exchanges tokens, answers. */
async function answerTo(
  token: string,
  kind: ExplainedKind,
  checks: readonly Check[],
  core: Core,
): Promise<ExplainedToken['answer']> {
  if (refusedBy(checks) === undefined) return undefined
  try {
    await core.tokens.verifyOnce(token)
  } catch (error) {
    if (!(error instanceof AuthError) || error.status !== 401) throw error
    const isGuard = kind !== 'refresh'
    return answerOf(isGuard ? withTokenTypes(error, core.tokens.settings) : error, core)
  }
  return standingAnswer(kind, checks, core)
}

/** The answer to a token that is valid by itself. */
function standingAnswer(
  kind: ExplainedKind,
  checks: readonly Check[],
  core: Core,
): ExplainedToken['answer'] {
  const error = STANDING[refusedBy(checks)?.name ?? '']
  if (kind === 'refresh' || error === undefined) return undefined
  const { settings } = core.tokens
  return answerOf(error(settings), core)
}

const STANDING: Readonly<
  Record<string, (settings: Core['tokens']['settings']) => AuthError>
> = {
  Type: (settings) => withTokenTypes(new AuthError('wrong_type'), settings),
  Password: () => new AuthError('password_changed'),
}

function answerOf(error: AuthError, core: Core): ExplainedToken['answer'] {
  const challenge = challengeOf(core.section(tokenOptions))
  const { value, status = error.status } = errorAnswer(error, [challenge])
  return { status, challenge, body: value }
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
