import { AuthError } from '../../base/errors.ts'
import { verifyAny } from '../../tokens/verify-and-blacklist.ts'
import { defineEndpoint, post } from '../define-feature.ts'
import { TOKEN } from './credentials.ts'

/** Checks a token of any type. */
export const verify = defineEndpoint({
  path: { below: '/verify/' },
  mount: 'by default',
  span: 'watchword.verify',
  create: (_, open) =>
    post('Token Verify', {
      fields: { token: TOKEN },
      async handle({ token }) {
        await verifyAny(token, (await open()).tokens)
        return {}
      },
    }),
  /** Simple JWT answers a blacklisted token with 400 at this endpoint, and without a challenge. */
  errorFor(error) {
    if (error.code !== 'revoked') return error
    return new AuthError('invalid', error.message, {
      body: { non_field_errors: ['Token is blacklisted'] },
    })
  },
})
