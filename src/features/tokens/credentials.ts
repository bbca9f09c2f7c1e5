import { PASSWORD_LIMIT } from '../../passwords/password-bytes.ts'
import type { Field, Shape } from '../../http/fields.ts'

export const TOKEN: Field = { trim: true, once: true }

/** With its white space: whether that belongs to the password is asked of the hash (D2). */
const PASSWORD: Field = { trim: false, once: true, limit: PASSWORD_LIMIT }

/** A name sent twice is no secret, and clients of Simple JWT know that the last counts (specification 0.6). */
const LOGIN: Field = { trim: true }

/** Django REST framework's own login: always these names, and the password as it was sent (specification 6.6). */
export const PLAIN_CREDENTIALS: Shape<'username' | 'password'> = {
  username: LOGIN,
  password: { ...PASSWORD, takesBlanks: true },
}

export const credentials = <Login extends string>(loginField: Login): Shape<Login | 'password'> =>
  ({ [loginField]: LOGIN, password: PASSWORD }) as Shape<Login | 'password'>
