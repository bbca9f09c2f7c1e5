import type { ParsedBody } from '../../http/parsed-body.ts'
import { blacklist as blacklistToken } from '../../tokens/verify-and-blacklist.ts'
import type { UserId } from '../../users/user.ts'
import type { IssuedToken } from '../core.ts'
import { defineEndpoint, post } from '../define-feature.ts'
import { TOKEN } from './credentials.ts'

/** Simple JWT's field, which is required if a request has none of the others. */
const REFRESH: IssuedToken = { type: 'refresh', field: 'refresh' }

/**
 * Signs out: revokes the session of a token, and so every token of that sign-in.
 *
 * Besides refresh tokens it takes the other types that mounted endpoints issue, each in its own field (D34).
 */
export const blacklist = defineEndpoint({
  path: { below: '/blacklist/' },
  mount: 'by default',
  span: 'watchword.sign_out',
  needs: {
    sessions:
      'endpoints.blacklist revokes sessions: set tokens.sessions to true, or leave endpoints.blacklist out.',
  },
  create({ issued }, open) {
    const accepted = [REFRESH, ...issued.filter(({ type }) => type !== 'refresh')]
    const acceptedIn = (has: (field: string) => boolean): IssuedToken =>
      accepted.find(({ field }) => has(field)) ?? REFRESH
    return post('Token Blacklist', {
      fields: ({ values }: ParsedBody) => ({
        [acceptedIn((field) => values.has(field)).field]: TOKEN,
      }),
      async handle(fields) {
        const { type, field } = acceptedIn((name) => Object.hasOwn(fields, name))
        const core = await open()
        const revoked = await blacklistToken(fields[field] ?? '', type, core.tokens)
        await core.signedOut({
          sessionId: revoked.sessionId,
          userId: revoked.userId as UserId | undefined,
        })
        return {}
      },
    })
  },
})
