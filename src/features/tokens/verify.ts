import { AuthError } from '../../base/errors.ts'
import { answer } from '../../http/description.ts'
import type { AuthRequest } from '../../http/request.ts'
import { tokensInCookies } from '../../tokens/token-cookies.ts'
import { verifyAny } from '../../tokens/verify-and-blacklist.ts'
import type { Core } from '../core.ts'
import { defineEndpoint, post } from '../define-feature.ts'
import { TOKEN } from './credentials.ts'
import { tokenOptions } from './options.ts'

/** Checks a token of any type. */
export const verify = defineEndpoint({
  path: { below: '/verify/' },
  mount: 'by default',
  span: 'watchword.verify',
  create: ({ section }, open) => {
    const optional = section(tokenOptions).transport === 'cookie'
    return post('Token Verify', {
      fields: { token: { ...TOKEN, optional } },
      describe: () => ({
        operationId: 'verifyToken',
        summary: 'Check a token of any type',
        answers: { 200: answer('The token is valid.') },
        errors: ['expired', 'revoked'],
      }),
      async handle({ token }, request) {
        const core = await open()
        await verifyAny(token ?? accessTokenIn(request, core), core.tokens)
        return {}
      },
    })
  },
  /** Simple JWT answers a blacklisted token with 400 at this endpoint, and without a challenge. */
  errorFor(error) {
    if (error.code !== 'revoked') return error
    return new AuthError('invalid', error.message, {
      body: { non_field_errors: ['Token is blacklisted'] },
    })
  },
})

/** With `tokens.transport: "cookie"`, if the body has no token. @throws AuthError `invalid` if no cookie has one either */
function accessTokenIn(request: AuthRequest, { tokenCookies }: Core): string {
  const [token] = tokenCookies ? tokensInCookies('access', request, tokenCookies) : []
  if (token !== undefined) return token
  throw new AuthError('invalid', undefined, {
    body: { token: ['This field is required.'] },
  })
}
