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
is<Response>(new AuthError('expired').toResponse())
// @ts-expect-error the request may have no token
is<number>((await tokens.authenticate(request)).exp)
// @ts-expect-error claims are frozen
claims.exp = 0
// @ts-expect-error the type of a custom claim is unknown
is<string>(claims.user_id)
// @ts-expect-error the issuer is required
verifier({ audience: 'api' })
// @ts-expect-error the audience is required
verifier({ issuer: 'https://auth.example' })
// @ts-expect-error with a shared secret the service could sign
verifier({ issuer: 'https://auth.example', audience: 'api', algorithms: ['HS256'] })
// @ts-expect-error there is no such option
verifier({ issuer: 'https://auth.example', audience: 'api', revocation: true })
// @ts-expect-error the result is a promise
tokens.check('…').exp
// @ts-expect-error the list of codes is closed
is<ErrorCode>('bad_signatur')
is<ErrorCode>(new AuthError('expired').code)
