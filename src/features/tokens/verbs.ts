import type { AuthRequest } from '../../http/request.ts'

/** What the token endpoints ask of the house. What each resolves to is the body of a 200. */
export interface TokenVerbs {
  obtain(login: string, password: string, request: AuthRequest): Promise<object>
  obtainSliding(login: string, password: string, request: AuthRequest): Promise<object>
  /** The password counts as it is sent. */
  apiToken(login: string, password: string, request: AuthRequest): Promise<object>
  login(login: string, password: string, request: AuthRequest): Promise<object>
  logout(request: AuthRequest): Promise<object>
  refresh(token: string): Promise<object>
  refreshSliding(token: string): Promise<object>
  verify(token: string): Promise<void>
  blacklist(token: string, type: 'refresh' | 'sliding'): Promise<void>
}
