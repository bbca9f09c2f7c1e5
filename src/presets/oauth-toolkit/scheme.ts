import { bearer, bearerSecurity } from '../../authentication/bearer.ts'
import {
  type Authentication,
  libraryScheme,
  type Scheme,
} from '../../authentication/scheme.ts'
import { catchError } from '../../base/awaitable.ts'
import { AuthError, ERRORS, isRefusedToken } from '../../base/errors.ts'
import { isAboutProof } from '../../proofs/binding.ts'
import type { User } from '../../users/user.ts'

const CHALLENGE = 'Bearer realm="api"'

/**
 * `Authorization: Bearer <token>` with the toolkit's answers: the body is the same for every wrong token, and the challenge says what is
 * wrong with it.
 */
export const toolkitScheme = (): Scheme<User> =>
  libraryScheme((deps) => {
    const scheme = bearer()(deps) as Authentication
    return {
      ...scheme,
      challenge: CHALLENGE,
      refusedChallenge: refusedWith('The access token is invalid.'),
      identify: (request) => catchError(() => scheme.identify(request), refuse),
    }
  }, bearerSecurity)

const refusedWith = (description: string): string =>
  `${CHALLENGE},error="invalid_token",error_description="${description}"`

function refuse(error: unknown): undefined {
  const isOfToken = error instanceof AuthError && error.status === 401
  if (!isOfToken || isAboutProof(error)) throw error
  // Other words after `Bearer` may be for another scheme.
  if (error.code === 'bad_authorization_header') return undefined
  const { detail } = ERRORS.not_authenticated
  throw new AuthError('authentication_failed', error.message, {
    detail,
    challenges: [challengeFor(error)],
    cause: error,
  })
}

function challengeFor(error: AuthError): string {
  if (error.code === 'expired') return refusedWith('The access token has expired.')
  if (isRefusedToken(error)) return refusedWith('The access token is invalid.')
  return CHALLENGE
}
