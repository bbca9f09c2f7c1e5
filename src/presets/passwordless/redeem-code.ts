import { AuthError } from '../../base/errors.ts'
import { redeemSignInCode } from '../../features/accounts/sign-in-code.ts'
import { tokenAtSignIn } from '../../features/api-tokens/obtain.ts'
import type { Core } from '../../features/core.ts'
import { post } from '../../features/define-feature.ts'
import type { CheckedSignIn } from '../../sessions/checked-sign-in.ts'
import { definePresetEndpoint, type PresetEndpoint } from '../define-preset.ts'
import { changedAnswer } from '../response-option.ts'
import { nonFieldError, proofFields, soleAlias, wrongTokenError } from './fields.ts'
import type { PasswordlessSettings, PasswordlessSignIn } from './options.ts'

const ONE_ALIAS = 'Invalid alias parameters provided.'

/** Exchanges a code for a token. */
export const tokenOfCode = (settings: PasswordlessSettings): PresetEndpoint =>
  definePresetEndpoint({
    path: '/token/',
    span: 'watchword.sign_in',
    ...(settings.issues === 'pair' && ISSUES_PAIR),
    create: ({ section }, open) =>
      post('Obtain Auth Token From Callback Token', {
        fields: proofFields(section),
        async handle({ token: code, ...aliases }, request) {
          const name = soleAlias(aliases)
          if (name === undefined) throw nonFieldError(ONE_ALIAS)
          const core = await open()
          const { account, methods } = await redeemSignInCode(core, { name, code })
          const signIn = { user: account.user, request }
          const body =
            settings.issues === 'pair'
              ? { ...(await core.completeSignIn(account, { methods, request })) }
              : await core.completeSignIn(account, {
                  methods,
                  request,
                  starts: 'api token',
                  start: async (checked) => ({
                    result: { token: await issuedToken(checked, signIn, settings, core) },
                    detail: { with: 'api token' },
                  }),
                })
          return changedAnswer(body, settings.response?.(body, signIn))
        },
      }),
    errorFor: wrongTokenError,
  })

const ISSUES_PAIR = {
  issues: { type: 'refresh', field: 'refresh' },
  needs: {
    signing:
      'passwordless({ issues: "pair" }) issues tokens: set tokens.signingKey, or leave issues out.',
  },
} as const

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
