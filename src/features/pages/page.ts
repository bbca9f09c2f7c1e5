import type { Awaitable } from '../../base/awaitable.ts'
import type { Answer } from '../../http/answer.ts'
import type { Html } from '../../pages/html.ts'
import type { Visit } from './visit.ts'

/** What a page answers: its markup with status 200, or an answer: `shown(…)`, `seeOther(…)` or any other. */
export type PageResult = Html | Answer

/** The two requests of a page. */
export interface PageHandlers<V extends Visit = Visit> {
  /** Renders the page. After a form that was sent with faults, `visit.error` and `visit.form` are set, and the answer has its status. */
  get(visit: V): Awaitable<PageResult>
  /**
   * Does what the form asks for, and redirects. What it throws is shown on the page again if the user can correct it (`invalid`,
   * `invalid_code`, `no_active_account`, `throttled`, `insufficient_user_authentication`), else on the page of the error.
   */
  post?(visit: V): Awaitable<PageResult>
}

export interface PageDefinition {
  /** For messages and OPTIONS: `pages.signIn`. */
  readonly name: string
  /** The whole path. */
  readonly path: string
  /** Whether a form can be sent to it. Default: yes. */
  readonly posts?: boolean
  /** Of a page that is in one language only. Default: the visitor's. */
  readonly language?: 'en'
  /** Whether any site may send a form without the token of a page: `get` answers it. Default: no. */
  readonly isOpen?: boolean
  /** Whether `post` redeems something that a link of a mail has: its errors have pages of their own, and `get` is not called again. */
  readonly showsErrorsAlone?: boolean
}

/** What the modules of a page need to know of it. */
export interface LoadedPage extends PageDefinition {
  /** Whether only users who are signed in see it. Others are redirected to sign in, and come back. */
  readonly isForUsers: boolean
  load(): Promise<PageHandlers<never>>
}
