import { AuthError } from '../../base/errors.ts'
import type { AccountName } from '../../features/accounts/account-name.ts'
import {
  type RedeemedSignIn,
  redeemSignInCode,
} from '../../features/accounts/sign-in-code.ts'
import { tokenAtSignIn } from '../../features/api-tokens/obtain.ts'
import type { Core, SectionReader } from '../../features/core.ts'
import { post } from '../../features/define-feature.ts'
import { deliverSignIn } from '../../features/token-cookies/deliver.ts'
import { crossSiteErrors, signInAnswer } from '../../features/tokens/token-answers.ts'
import { type Answers, answer } from '../../http/description.ts'
import { closed, text } from '../../http/json-schema.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { CheckedSignIn } from '../../sessions/checked-sign-in.ts'
import type { User } from '../../users/user.ts'
import { definePresetEndpoint, type PresetEndpoint } from '../define-preset.ts'
import { changedAnswer } from '../response-option.ts'
import { redeemDemoCode, refuseInProduction } from './demo-users.ts'
import { nonFieldError, proofFields, soleAlias, wrongTokenError } from './fields.ts'
import type { PasswordlessSettings, PasswordlessSignIn } from './options.ts'

const ONE_ALIAS = 'Invalid alias parameters provided.'

/** What a client has been sent, as it sends it back. */
interface Proof {
  readonly name: AccountName
  readonly code: string
}

/** Exchanges a code for a token. */
export const tokenOfCode = (settings: PasswordlessSettings): PresetEndpoint =>
  definePresetEndpoint({
    path: '/token/',
    span: 'watchword.sign_in',
    ...(settings.issues === 'pair' && ISSUES_PAIR),
    create({ section, isProduction }, open) {
      refuseInProduction(settings, { isProduction })
      return post('Obtain Auth Token From Callback Token', {
        fields: proofFields(section),
        describe: () => ({
          operationId: 'passwordlessToken',
          summary: 'Exchange a code for a token',
          answers: answersOf(settings, section),
          errors: ['invalid_code', ...crossSiteErrors(section)],
          signsIn: true,
        }),
        async handle({ token: code, ...aliases }, request) {
          const name = soleAlias(aliases)
          if (name === undefined) throw nonFieldError(ONE_ALIAS)
          const signIn = settings.issues === 'pair' ? signInForPair : signInForToken
          return signIn({ name, code }, request, settings, await open())
        },
      })
    },
    errorFor: wrongTokenError,
  })

function answersOf(
  { issues, response }: PasswordlessSettings,
  section: SectionReader,
): Answers {
  if (response !== undefined)
    return { default: answer('What the option `response` returns.', {}) }
  if (issues === 'pair') return signInAnswer(section)
  return { 200: answer('Signed in.', closed({ token: text() })) }
}

const ISSUES_PAIR = {
  issues: { type: 'refresh', field: 'refresh' },
  needs: {
    signing:
      'passwordless({ issues: "pair" }) issues tokens: set tokens.signingKey, or leave issues out.',
  },
} as const

async function signInForPair(
  proof: Proof,
  request: AuthRequest,
  settings: PasswordlessSettings,
  core: Core,
): Promise<object> {
  let user: User | undefined
  const answer = await deliverSignIn(request, core, async () => {
    const { account, methods } = await redeemed(proof, request, settings, core)
    user = account.user
    return core.completeSignIn(account, { methods, request })
  })
  // In cookies the tokens are not in the body.
  if (user === undefined || core.tokenCookies !== undefined) return answer
  return answerOf({ ...answer }, { user, request }, settings)
}

async function signInForToken(
  proof: Proof,
  request: AuthRequest,
  settings: PasswordlessSettings,
  core: Core,
): Promise<object> {
  const { account, methods } = await redeemed(proof, request, settings, core)
  const signIn = { user: account.user, request }
  const body = await core.completeSignIn(account, {
    methods,
    request,
    starts: 'api token',
    start: async (checked) => ({
      result: { token: await issuedToken(checked, signIn, settings, core) },
      detail: { with: 'api token' },
    }),
  })
  return answerOf(body, signIn, settings)
}

const redeemed = async (
  proof: Proof,
  request: AuthRequest,
  settings: PasswordlessSettings,
  core: Core,
): Promise<RedeemedSignIn> =>
  (await redeemDemoCode(proof, request, settings, core)) ?? redeemSignInCode(core, proof)

const answerOf = (
  body: Readonly<Record<string, string>>,
  signIn: PasswordlessSignIn,
  { response }: PasswordlessSettings,
): Promise<object> => changedAnswer(body, response?.(body, signIn))

/** @throws AuthError `invalid` if the function of the option refuses */
async function issuedToken(
  checked: CheckedSignIn,
  signIn: PasswordlessSignIn,
  { issues }: PasswordlessSettings,
  core: Core,
): Promise<string> {
  if (typeof issues !== 'function') return tokenAtSignIn(checked, core)
  const token = await issues(signIn)
  if (token !== undefined) return token
  throw new AuthError('invalid', 'passwordless({ issues }) returned no token', {
    body: { detail: "Couldn't log you in. Try again later." },
  })
}
