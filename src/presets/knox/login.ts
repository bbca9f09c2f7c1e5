import { AuthError } from '../../base/errors.ts'
import type { ShownToken } from '../../features/api-tokens/api-token.ts'
import { KNOX } from '../../features/api-tokens/import.ts'
import { plainLoginError } from '../../features/api-tokens/obtain.ts'
import {
  issueSignInToken,
  type SignInTokenPolicy,
} from '../../features/api-tokens/sign-in-token.ts'
import type { Core, OpenCore } from '../../features/core.ts'
import {
  guardedPost,
  type PathlessEndpoint,
  post,
} from '../../features/define-feature.ts'
import { PLAIN_CREDENTIALS } from '../../features/tokens/credentials.ts'
import { type Answers, answer, type Description } from '../../http/description.ts'
import { closed, type JsonSchema, orNull, text } from '../../http/json-schema.ts'
import type { AuthRequest } from '../../http/request.ts'
import { isAuthenticated } from '../../permissions/basic-permissions.ts'
import type { Principal } from '../../permissions/permission.ts'
import type { SignInAttempt } from '../../sign-in/complete-sign-in.ts'
import type { Account, User } from '../../users/user.ts'
import { definePresetEndpoint, type PresetEndpoint } from '../define-preset.ts'
import { isoWithMicroseconds } from '../iso-time.ts'
import { changedAnswer } from '../response-option.ts'
import { strftime } from './expiry-format.ts'
import type { KnoxBody, KnoxSettings } from './options.ts'

/** What tokens of this preset are among the API tokens. */
export const KIND = KNOX

const LIMIT_REACHED = 'Maximum amount of tokens allowed per user exceeded.'

/** Signs in for a new token. */
export const login = (settings: KnoxSettings): PresetEndpoint =>
  definePresetEndpoint({
    path: '/login/',
    span: 'watchword.sign_in',
    create(_, open) {
      if (settings.credentials === 'body') return loginWithPassword(settings, open)
      return loginWithSchemes(settings, open)
    },
    errorFor: settings.credentials === 'body' ? plainLoginError : changedUserError,
  })

const loginWithPassword = (settings: KnoxSettings, open: OpenCore): PathlessEndpoint =>
  post('Login', {
    fields: PLAIN_CREDENTIALS,
    describe: describeWith(settings),
    async handle({ username, password }, request) {
      const core = await open()
      const account = await core.checkPasswordUntrimmed(username, password, request)
      return signIn(account, { methods: ['pwd'], request }, settings, core)
    },
  })

const loginWithSchemes = (settings: KnoxSettings, open: OpenCore): PathlessEndpoint =>
  guardedPost('Login', {
    ...(settings.authentication && { authentication: settings.authentication }),
    requirement: isAuthenticated,
    describe: describeWith(settings),
    async handle(_, request, { principal }) {
      const { scheme, user } = unlimited(principal)
      const core = await open()
      const account = await accountOf(user, core)
      const methods = scheme === 'basic' ? ['pwd'] : []
      return signIn(account, { methods, request }, settings, core)
    },
  })

const describeWith = (settings: KnoxSettings) => (): Description => ({
  operationId: 'knoxLogin',
  summary: 'Sign in for a new token',
  answers: answersOf(settings),
  errors: ['no_active_account'],
  signsIn: true,
})

function answersOf(settings: KnoxSettings): Answers {
  const limited = settings.limit !== null && { 403: answer(LIMIT_REACHED, LIMIT_ERROR) }
  if (settings.response)
    return { default: answer('What the option `response` returns.', {}), ...limited }
  return { 200: answer('The token.', bodyOf(settings)), ...limited }
}

const LIMIT_ERROR = closed({ error: text() })

const bodyOf = ({ user }: KnoxSettings): JsonSchema =>
  closed({
    expiry: orNull(text('When the token expires; null: never.')),
    token: text('Send it as `Authorization: Token …`.'),
    ...(user !== undefined && { user: { type: 'object' } }),
  })

/** @throws AuthError `no_active_account` if the user has changed since the credentials were checked */
async function accountOf(
  { id, epoch }: User,
  { users }: Pick<Core, 'users'>,
): Promise<Account> {
  const account = await users.find('id', id)
  if (account?.user.epoch === epoch) return account
  throw new AuthError('no_active_account', 'the user was changed during the sign-in')
}

/**
 * A credential that is limited to scopes must not become one without limits.
 *
 * @throws AuthError `permission_denied`
 */
export function unlimited(principal: Principal): Principal {
  if (principal.scopes.length === 0) return principal
  throw new AuthError('permission_denied', 'the credentials are limited to scopes')
}

const signIn = (
  account: Account,
  {
    methods,
    request,
  }: Pick<SignInAttempt, 'methods'> & { readonly request: AuthRequest },
  settings: KnoxSettings,
  core: Core,
): Promise<object> =>
  core.completeSignIn(account, {
    methods,
    request,
    starts: 'api token',
    async start(checked) {
      const shown = await issueSignInToken(checked, policyOf(settings), core)
      if (shown === undefined) throw limitReached()
      const { user } = account
      return {
        result: await answerOf(shown, { user, request }, settings),
        detail: { with: KIND },
      }
    },
  })

const limitReached = (): AuthError =>
  new AuthError('permission_denied', 'the user has as many tokens as allowed', {
    body: { error: LIMIT_REACHED },
  })

const policyOf = ({
  ttl,
  tokenPrefix,
  tokenLength,
  limit,
  onLimit,
}: KnoxSettings): SignInTokenPolicy => ({
  kind: KIND,
  prefix: tokenPrefix,
  digits: tokenLength,
  lifetime: ttl ?? undefined,
  limit: limit === null ? undefined : { limit, revokeOldest: onLimit === 'revokeOldest' },
})

async function answerOf(
  { token, record }: ShownToken,
  { user, request }: { readonly user: User; readonly request: AuthRequest },
  settings: KnoxSettings,
): Promise<object> {
  const body: KnoxBody = {
    expiry: expiryText(record.expiresAt, settings),
    token,
    ...(settings.user && { user: settings.user(user) }),
  }
  const context = { user, token: record, request }
  return changedAnswer(body, settings.response?.(body, context))
}

function expiryText(
  expiresAt: number | undefined,
  { expiryFormat }: KnoxSettings,
): string | null {
  if (expiresAt === undefined) return null
  const date = new Date(expiresAt * 1000)
  if (typeof expiryFormat === 'function') return expiryFormat(date)
  if (expiryFormat === undefined) return isoWithMicroseconds(date)
  return strftime(expiryFormat, date)
}

/** The user changed while the credentials were checked: what the next request with them gets. */
function changedUserError(error: AuthError): AuthError {
  if (error.code === 'no_active_account')
    return new AuthError('authentication_failed', error.message)
  return error
}
