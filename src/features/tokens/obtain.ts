import { defineEndpoint, post } from '../define-feature.ts'
import { deliverSignIn } from '../token-cookies/deliver.ts'
import { credentials } from './credentials.ts'
import { crossSiteErrors, signInAnswer } from './token-answers.ts'

/** Signs in with a password, for a refresh token and an access token. */
export const obtain = defineEndpoint({
  path: { below: '/' },
  mount: 'by default',
  span: 'watchword.sign_in',
  issues: { type: 'refresh', field: 'refresh' },
  needs: {
    signing:
      'endpoints.obtain issues tokens: set tokens.signingKey, or leave endpoints.obtain out.',
  },
  create: ({ loginField, section }, open) =>
    post('Token Obtain Pair', {
      fields: credentials(loginField),
      describe: () => ({
        operationId: 'obtainToken',
        summary: 'Sign in with a password',
        answers: signInAnswer(section),
        errors: ['no_active_account', ...crossSiteErrors(section)],
        signsIn: true,
      }),
      async handle(fields, request) {
        const core = await open()
        const { [loginField]: login, password } = fields
        return deliverSignIn(request, core, async () => {
          const account = await core.checkPassword(login, password, request)
          return core.completeSignIn(account, { methods: ['pwd'], request })
        })
      },
    }),
})
