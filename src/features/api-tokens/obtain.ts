import { AuthError } from '../../base/errors.ts'
import { type Endpoint, endpoint } from '../../http/endpoint.ts'
import { PLAIN_CREDENTIALS } from '../tokens/credentials.ts'
import type { TokenVerbs } from '../tokens/verbs.ts'

/**
 * Signs in with a password, for the user's API token: the same at each call. Whoever may not is told so with a 400
 * (specification 6.6).
 */
export const apiToken = (verbs: Pick<TokenVerbs, 'apiToken'>): Endpoint =>
  endpoint({
    name: 'Obtain Auth Token',
    path: '/api-token-auth/',
    methods: {
      POST: {
        fields: PLAIN_CREDENTIALS,
        async handle({ username, password }, request) {
          try {
            return await verbs.apiToken(username, password, request)
          } catch (error) {
            if (!(error instanceof AuthError) || error.code !== 'no_active_account')
              throw error
            throw new AuthError('invalid', error.message, {
              body: { non_field_errors: [WRONG] },
            })
          }
        },
      },
    },
  })

const WRONG = 'Unable to log in with provided credentials.'
