import { credentialsAfter } from '../../authentication/header.ts'
import { AuthError } from '../../base/errors.ts'
import { answer, schemaOfFields } from '../../http/description.ts'
import type { Fields } from '../../http/fields.ts'
import type { ParsedBody } from '../../http/parsed-body.ts'
import type { AuthRequest } from '../../http/request.ts'
import {
  blacklistByAccess,
  blacklist as blacklistToken,
  type Revoked,
  SIGN_OUT_NEEDS_SESSIONS,
} from '../../tokens/verify-and-blacklist.ts'
import type { UserId } from '../../users/user.ts'
import type { IssuedToken } from '../core.ts'
import { defineEndpoint, post } from '../define-feature.ts'
import { signOutByCookies } from '../token-cookies/deliver.ts'
import { TOKEN, withoutRefresh } from './credentials.ts'
import { type ParsedTokenOptions, tokenOptions } from './options.ts'
import { crossSiteErrors } from './token-answers.ts'

/** Simple JWT's field: the one named in the error if none is sent. */
const REFRESH: IssuedToken = { type: 'refresh', field: 'refresh' }

/**
 * Signs out: revokes the session of a token, and so every token of that sign-in.
 *
 * Besides refresh tokens it takes the other types that mounted endpoints issue, each in its own field (D34); and, if the body
 * has none of them, an access token in the header of bearer tokens, expired or not (D44).
 * With `tokens.transport: "cookie"` it takes the tokens of the cookies, and removes these in any case.
 */
export const blacklist = defineEndpoint({
  path: { below: '/blacklist/' },
  mount: 'by default',
  span: 'watchword.sign_out',
  needs: {
    sessions: SIGN_OUT_NEEDS_SESSIONS,
  },
  create({ issued, section }, open) {
    const byCookie = section(tokenOptions).transport === 'cookie'
    const accepted = [REFRESH, ...issued.filter(({ type }) => type !== 'refresh')]
    const findAccepted = (isSent: (field: string) => boolean): IssuedToken | undefined =>
      accepted.find(({ field }) => isSent(field))
    const revokedBy = async (
      fields: Readonly<Record<string, string>>,
      request: AuthRequest,
    ): Promise<Revoked> => {
      const tokenField = findAccepted((name) => Object.hasOwn(fields, name))
      if (tokenField === undefined) {
        const access = accessTokenOf(request, section(tokenOptions))
        return blacklistByAccess(access, (await open()).tokens)
      }
      return blacklistToken(
        fields[tokenField.field] ?? '',
        tokenField.type,
        (await open()).tokens,
      )
    }
    return post('Token Blacklist', {
      fields(body: ParsedBody): Fields {
        if (byCookie) withoutRefresh(body)
        const tokenField = findAccepted((field) => body.values.has(field))
        if (tokenField === undefined) return {}
        return { [tokenField.field]: TOKEN }
      },
      describe: () => ({
        operationId: 'blacklistToken',
        summary: 'Sign out: revoke the session of a token',
        description: byCookie
          ? 'Takes the tokens of the cookies, and removes these in any case.'
          : 'Takes one of the fields; without a field, an access token in the header, expired or not.',
        body: schemaOfFields(acceptedFields(accepted, byCookie)),
        answers: {
          200: byCookie
            ? { ...answer('Signed out.'), headers: ['Set-Cookie'] }
            : answer('Signed out.'),
        },
        errors: ['expired', ...crossSiteErrors(section)],
      }),
      async handle(fields, request) {
        if (byCookie && Object.keys(fields).length === 0) {
          const core = await open()
          return signOutByCookies(request, core.tokenCookies!, core)
        }
        const { sessionId, userId } = await revokedBy(fields, request)
        const core = await open()
        await core.signedOut({ sessionId, userId: userId as UserId | undefined })
        return {}
      },
    })
  },
})

const acceptedFields = (accepted: readonly IssuedToken[], byCookie: boolean): Fields =>
  Object.fromEntries(
    accepted
      .filter(({ field }) => !byCookie || field !== REFRESH.field)
      .map(({ field }) => [field, { ...TOKEN, optional: true }]),
  )

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
