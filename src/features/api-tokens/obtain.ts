import { AuthError } from '../../base/errors.ts'
import { answer } from '../../http/description.ts'
import { closed, text } from '../../http/json-schema.ts'
import type { CheckedSignIn } from '../../sessions/checked-sign-in.ts'
import type { Core } from '../core.ts'
import { defineEndpoint, post } from '../define-feature.ts'
import { PLAIN_CREDENTIALS } from '../tokens/credentials.ts'
import { derivedToken, derivedTokenDeps } from './derived-token.ts'

const API_TOKEN = answer(
  'The same token at each call.',
  closed({ token: text('Send it as `Authorization: Token …`.') }),
)

const WRONG_CREDENTIALS = 'Unable to log in with provided credentials.'

/** Signs in with a password, for the user's API token: the same one at each call. */
export const obtainApiToken = defineEndpoint({
  path: { at: '/api-token-auth/' },
  mount: 'with scheme',
  span: 'watchword.sign_in',
  create: (_, open) =>
    post('Obtain Auth Token', {
      fields: PLAIN_CREDENTIALS,
      describe: () => ({
        operationId: 'obtainApiToken',
        summary: "Sign in with a password, for the user's API token",
        answers: { 200: API_TOKEN },
        errors: ['no_active_account'],
        signsIn: true,
      }),
      async handle({ username, password }, request) {
        const core = await open()
        const account = await core.checkPasswordUntrimmed(username, password, request)
        return core.completeSignIn(account, {
          methods: ['pwd'],
          request,
          starts: 'api token',
          start: async (signIn) => ({
            result: { token: await tokenAtSignIn(signIn, core) },
            detail: { with: 'api token' },
          }),
        })
      },
    }),
  errorFor: plainLoginError,
})

/** Django REST framework's login form answers wrong credentials with 400. */
export function plainLoginError(error: AuthError): AuthError {
  if (error.code !== 'no_active_account') return error
  return new AuthError('invalid', error.message, {
    body: { non_field_errors: [WRONG_CREDENTIALS] },
  })
}

/**
 * The user's API token at a sign-in: the same one at each call.
 *
 * @throws AuthError `no_active_account` if the user was changed since the credentials were checked
 */
export async function tokenAtSignIn(
  { account: { user } }: CheckedSignIn,
  core: Core,
): Promise<string> {
  const { token } = await derivedToken(user.id, derivedTokenDeps(core), {
    signedIn: user,
  })
  // A token that exists was not written conditionally. As committed: a cache may not have another process's change yet.
  const current = await core.users.read('id', user.id)
  if (current?.user.epoch === user.epoch && current.user.active === user.active)
    return token
  throw new AuthError('no_active_account', 'the user was changed during the sign-in')
}
