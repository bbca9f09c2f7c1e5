import { defineFeature } from '../define-feature.ts'
import { login } from './login.ts'
import { logout } from './logout.ts'
import { session } from './scheme.ts'

/** Cookies and CSRF tokens, for pages in a browser. */
export const browserSessions = defineFeature({
  name: 'browserSessions',
  endpoints: {
    /** Signs a browser in: `/auth/login/`. Mounted with the scheme `session()`. */
    login,
    /** Signs a browser out: `/auth/logout/`. Mounted with the scheme `session()`. */
    logout,
  },
  schemes: [session],
})
