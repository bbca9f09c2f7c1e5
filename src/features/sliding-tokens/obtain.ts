import { defineEndpoint, post } from '../define-feature.ts'
import { credentials } from '../tokens/credentials.ts'
import { SLIDING_TOKEN } from './answer.ts'
import { slidingTokenOptions } from './options.ts'
import { obtainSliding } from './sliding.ts'

/** Signs in with a password, for one sliding token. */
export const slidingObtain = defineEndpoint({
  path: { below: '/sliding/' },
  mount: 'on request',
  span: 'watchword.sign_in',
  issues: { type: 'sliding', field: 'token' },
  needs: {
    signing:
      'endpoints.slidingObtain issues tokens: set tokens.signingKey, or leave endpoints.slidingObtain out.',
  },
  create({ loginField, section }, open) {
    const settings = section(slidingTokenOptions)
    return post('Token Obtain Sliding', {
      fields: credentials(loginField),
      describe: () => ({
        operationId: 'obtainSlidingToken',
        summary: 'Sign in with a password, for a sliding token',
        answers: { 200: SLIDING_TOKEN },
        errors: ['no_active_account'],
        signsIn: true,
      }),
      async handle(fields, request) {
        const core = await open()
        const { [loginField]: login, password } = fields
        const account = await core.checkPassword(login, password, request)
        return core.completeSignIn(account, {
          methods: ['pwd'],
          request,
          async start(signIn) {
            const { token, session } = await obtainSliding(signIn, settings, core.tokens)
            return { result: { token }, sessionId: session?.id }
          },
        })
      },
    })
  },
})
