import { type Platform, tried } from './platform.ts'

export const CSRF_HEADER = 'X-CSRFToken'

/** The token in the cookie, read at each request: another tab may have signed in again. */
export const csrfCookie = ({ document }: Platform): string | undefined =>
  /(?:^|; )(?:__Host-|__Secure-)?csrftoken=([^;]+)/.exec(
    tried(() => document?.cookie) ?? '',
  )?.[1]
