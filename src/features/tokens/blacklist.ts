import { credentialsAfter } from '../../authentication/header.ts'
import { AuthError } from '../../base/errors.ts'
import type { Fields } from '../../http/fields.ts'
import type { ParsedBody } from '../../http/parsed-body.ts'
import type { AuthRequest } from '../../http/request.ts'
import {
  blacklistByAccess,
  blacklist as blacklistToken,
  type Revoked,
} from '../../tokens/verify-and-blacklist.ts'
import type { UserId } from '../../users/user.ts'
import type { IssuedToken } from '../core.ts'
import { defineEndpoint, post } from '../define-feature.ts'
import { TOKEN } from './credentials.ts'
import { type ParsedTokenOptions, tokenOptions } from './options.ts'

/** Simple JWT's field, which is required if a request has none of the others. */
const REFRESH: IssuedToken = { type: 'refresh', field: 'refresh' }

/**
 * Signs out: revokes the session of a token, and so every token of that sign-in.
 *
 * Besides refresh tokens it takes the other types that mounted endpoints issue, each in its own field (D34); and, if the body
 * has none of them, an access token in the header of bearer tokens, expired or not (D44).
 */
export const blacklist = defineEndpoint({
  path: { below: '/blacklist/' },
  mount: 'by default',
  span: 'watchword.sign_out',
  needs: {
    sessions:
      'endpoints.blacklist revokes sessions: set tokens.sessions to true, or leave endpoints.blacklist out.',
  },
  create({ issued, section }, open) {
    const accepted = [REFRESH, ...issued.filter(({ type }) => type !== 'refresh')]
    const acceptedIn = (has: (field: string) => boolean): IssuedToken | undefined =>
      accepted.find(({ field }) => has(field))
    const revokedBy = async (
      fields: Readonly<Record<string, string>>,
      request: AuthRequest,
    ): Promise<Revoked> => {
      const sent = acceptedIn((name) => Object.hasOwn(fields, name))
      if (sent === undefined) {
        const access = accessTokenOf(request, section(tokenOptions))
        return blacklistByAccess(access, (await open()).tokens)
      }
      return blacklistToken(fields[sent.field] ?? '', sent.type, (await open()).tokens)
    }
    return post('Token Blacklist', {
      fields({ values }: ParsedBody): Fields {
        const sent = acceptedIn((field) => values.has(field))
        return sent === undefined ? {} : { [sent.field]: TOKEN }
      },
      async handle(fields, request) {
        const { sessionId, userId } = await revokedBy(fields, request)
        const core = await open()
        await core.signedOut({ sessionId, userId: userId as UserId | undefined })
        return {}
      },
    })
  },
})

/** @throws AuthError Simple JWT's error of a request without its field, if the header has no token either */
function accessTokenOf(
  request: AuthRequest,
  { headerTypes, headerName }: Pick<ParsedTokenOptions, 'headerTypes' | 'headerName'>,
): string {
  const missing = (): AuthError =>
    new AuthError('invalid', undefined, {
      body: { [REFRESH.field]: ['This field is required.'] },
    })
  const header = request.header(headerName.toLowerCase())
  const token = credentialsAfter(headerTypes, header, { none: missing, several: missing })
  if (token === undefined) throw missing()
  return token
}
