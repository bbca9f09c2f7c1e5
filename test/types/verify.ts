import { AuthError, type ErrorCode, verifier } from '../../src/verify/index.ts'
import { is } from './is.ts'

const tokens = verifier({
  issuer: 'https://auth.example',
  audience: ['api', 'web'],
  revocations: { maxAge: '10s' },
})
declare const request: Request

const claims = await tokens.check('…')
is<number>(claims.exp)
is<unknown>(claims.user_id)
is<string | undefined>((await tokens.authenticate(request))?.sid)
is<string | undefined>((await tokens.require(request)).jti)
is<Response>(tokens.errorResponse(new Error('…')))
// @ts-expect-error nobody may have signed in
is<number>((await tokens.authenticate(request)).exp)
// @ts-expect-error a claim is what it was signed as
claims.exp = 0
// @ts-expect-error of a claim nothing is known before it was looked at
is<string>(claims.user_id)
// @ts-expect-error somebody issues the tokens
verifier({ audience: 'api' })
// @ts-expect-error they are meant for somebody
verifier({ issuer: 'https://auth.example' })
// @ts-expect-error whoever checks with a shared secret could sign
verifier({ issuer: 'https://auth.example', audience: 'api', algorithms: ['HS256'] })
// @ts-expect-error there is no such option
verifier({ issuer: 'https://auth.example', audience: 'api', revocation: true })
// @ts-expect-error an answer that nobody awaited has no claims
tokens.check('…').exp
// @ts-expect-error the list of codes is closed
is<ErrorCode>('bad_signatur')
is<ErrorCode>(new AuthError('expired').code)
