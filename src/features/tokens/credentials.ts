import type { Field, Fields } from '../../http/fields.ts'
import { MAX_PASSWORD_BYTES } from '../../passwords/password-bytes.ts'

export const TOKEN: Field = { trim: true, rejectDuplicates: true }

/** With its white space: whether that belongs to the password is asked of the hash (D2). */
const PASSWORD: Field = {
  trim: false,
  rejectDuplicates: true,
  maxBytes: MAX_PASSWORD_BYTES,
}

/** A name sent twice is no secret, and clients of Simple JWT know that the last counts (specification 0.6). */
const LOGIN: Field = { trim: true }

/** Django REST framework's own login: always these names, and the password as it was sent (specification 6.6). */
export const PLAIN_CREDENTIALS: Fields<'username' | 'password'> = {
  username: LOGIN,
  password: { ...PASSWORD, allowBlank: true },
}

export const credentials = <Login extends string>(
  loginField: Login,
): Fields<Login | 'password'> =>
  ({ [loginField]: LOGIN, password: PASSWORD }) as Fields<Login | 'password'>
