import type { Field, Fields } from '../../http/fields.ts'
import { MAX_PASSWORD_BYTES } from '../../passwords/password-bytes.ts'

export const TOKEN: Field = { trim: true }

/** With its white space: whether that belongs to the password is asked of the hash (D2). */
const PASSWORD: Field = {
  trim: false,
  maxBytes: MAX_PASSWORD_BYTES,
}

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
