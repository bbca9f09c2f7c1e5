import { AuthError } from '../../base/errors.ts'
import { type Endpoint, endpoint } from '../../http/endpoint.ts'
import { TOKEN } from './credentials.ts'
import type { TokenVerbs } from './verbs.ts'

/** Says whether a token holds, of any type. One that was blacklisted is a 400 here, without a challenge (specification 1.5). */
export const verify = (verbs: Pick<TokenVerbs, 'verify'>): Endpoint =>
  endpoint({
    name: 'Token Verify',
    path: '/api/token/verify/',
    methods: {
      POST: {
        fields: { token: TOKEN },
        async handle({ token }) {
          try {
            await verbs.verify(token)
          } catch (error) {
            if (!(error instanceof AuthError) || error.code !== 'revoked') throw error
            throw new AuthError('invalid', error.message, {
              body: { non_field_errors: ['Token is blacklisted'] },
            })
          }
          return {}
        },
      },
    },
  })
