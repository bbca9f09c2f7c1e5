import { accessCookie } from '../../authentication/access-cookie.ts'
import { defineFeature } from '../define-feature.ts'
import { tokenCookieOptions } from './options.ts'

/** Access and refresh tokens in cookies, which scripts cannot read. */
export const tokenCookies = defineFeature({
  name: 'tokenCookies',
  options: {
    /** The cookies of `tokens.transport: "cookie"`. */
    tokenCookies: tokenCookieOptions,
  },
  schemes: [accessCookie],
})
