import type { AuthError } from '../base/errors.ts'
import type { AuthRequest } from '../http/request.ts'

/** Whether a browser opens a page, and is refused because no user is signed in. A program, or a script of a page, gets the error. */
export const asksForSignIn = (error: AuthError, request: AuthRequest): boolean =>
  error.status === 401 &&
  // Of a user who is signed in: the page to sign in would send the browser back at once.
  error.code !== 'insufficient_user_authentication' &&
  isNavigation(request)

/** Scripts cannot set `Sec-Fetch-*`; older browsers do not send it. */
export function isNavigation(request: AuthRequest): boolean {
  if (request.isRead !== undefined || !/^(?:GET|HEAD)$/.test(request.method)) return false
  const mode = request.header('sec-fetch-mode')
  if (mode !== undefined)
    return mode === 'navigate' && request.header('sec-fetch-dest') === 'document'
  return /\btext\/html\b/i.test(request.header('accept') ?? '')
}
