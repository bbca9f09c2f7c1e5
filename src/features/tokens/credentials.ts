import { AuthError } from '../../base/errors.ts'
import type { Field, Fields } from '../../http/fields.ts'
import type { ParsedBody } from '../../http/parsed-body.ts'
import { MAX_PASSWORD_BYTES } from '../../passwords/password-bytes.ts'

export const TOKEN: Field = { trim: true, description: 'A token.' }

/** Not trimmed: the hash shows whether the white space belongs to the password (D2). */
export const PASSWORD: Field = {
  trim: false,
  maxBytes: MAX_PASSWORD_BYTES,
  format: 'password',
}

const LOGIN: Field = { trim: true, description: 'What the user signs in with.' }

/** Django REST framework's own login: always these names, and the password untrimmed. */
export const PLAIN_CREDENTIALS: Fields<'username' | 'password'> = {
  username: LOGIN,
  password: { ...PASSWORD, allowWhiteSpace: true },
}

export const credentials = <Login extends string>(
  loginField: Login,
): Fields<Login | 'password'> =>
  ({ [loginField]: LOGIN, password: PASSWORD }) as Fields<Login | 'password'>

/**
 * With `tokens.transport: "cookie"` no token comes from a body: what a script has read must not get into a cookie.
 *
 * @throws AuthError `invalid`
 */
export function withoutRefresh({ values }: ParsedBody): Fields<never> {
  if (!values.has('refresh')) return {}
  throw new AuthError('invalid', undefined, {
    body: { refresh: ['The refresh token is read from its cookie only.'] },
  })
}
