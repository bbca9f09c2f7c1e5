import { AuthError, ERRORS, errorAnswer } from '../../base/errors.ts'
import { oauthError } from '../../features/oauth/oauth-error.ts'
import { type Answer, json } from '../../http/answer.ts'
import { isAboutProof } from '../../proofs/binding.ts'

/** Of the errors of OAuth the toolkit describes few. */
const TEXTS: Readonly<Record<string, string>> = {
  'Missing refresh_token parameter.': 'Missing refresh token parameter.',
}

/** What is answered as RFC 6749 §5.2 has it; other errors are those of every endpoint. */
const TRANSLATED: readonly string[] = [
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'unsupported_token_type',
  'invalid_scope',
  'invalid_target',
  'authorization_pending',
  'slow_down',
  'access_denied',
  'expired_token',
  'throttled',
  'busy',
  'store_unavailable',
  'temporarily_unavailable',
]

/** The same error as the toolkit answers it: without a description unless it says more than its code. */
export function toolkitError(error: AuthError): AuthError {
  if (isAboutProof(error)) return oauthError(error)
  const { code, message, retryAfter, cause } = asGrant(error)
  if (!TRANSLATED.includes(code)) return error
  return new AuthError(code, message, {
    body: bodyOf(asGrant(error)),
    cause,
    ...(retryAfter !== undefined && { retryAfter }),
    ...(code === 'invalid_client' && { challenges: ['Bearer error="invalid_client"'] }),
  })
}

export const NO_CACHE = ['Pragma', 'no-cache'] as const

/** Answers the errors of OAuth with the header of the other answers. @throws AuthError every other error */
export async function withoutCache(work: Promise<Answer>): Promise<Answer> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    const translated = toolkitError(error)
    const isOfOAuth = 'error' in (translated.body ?? {})
    if (!isOfOAuth || translated.status >= 429) throw error
    const { status, headers, value } = errorAnswer(translated, [])
    return json(value, { status, headers: [...headers, NO_CACHE] })
  }
}

/** A wrong password is a wrong grant here. */
function asGrant(error: AuthError): AuthError {
  if (error.code !== 'no_active_account') return error
  const detail = 'Invalid credentials given.'
  return new AuthError('invalid_grant', error.message, { detail, cause: error.cause })
}

function bodyOf(error: AuthError): object {
  const { error: name, error_description: text } = oauthError(error).body as {
    readonly error: string
    readonly error_description: string
  }
  if (error.detail === ERRORS[error.code].detail && error.status < 429)
    return { error: name }
  return { error: name, error_description: TEXTS[text] ?? text }
}
