import { type Platform, tried } from './platform.ts'

export const CSRF_HEADER = 'X-CSRFToken'

/** The token in the cookie, read at each request: another tab may have signed in again. */
export const csrfCookie = ({ document }: Platform): string | undefined =>
  /(?:^|; )(?:__Host-|__Secure-)?csrftoken=([^;]+)/.exec(
    tried(() => document?.cookie) ?? '',
  )?.[1]

/** The headers that show whose request it is. */
export const credentials = (
  access: string | undefined,
  csrf: string | false | undefined,
): Record<string, string> => ({
  ...(access && { Authorization: `Bearer ${access}` }),
  ...(csrf && { [CSRF_HEADER]: csrf }),
})
