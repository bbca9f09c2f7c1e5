import type { Awaitable } from '../base/awaitable.ts'
import type { AuthRequest } from '../http/request.ts'
import type { PageContext } from '../pages/context.ts'
import type { Html, HtmlValue } from '../pages/html.ts'
import type { Language } from '../pages/time.ts'
import type { Principal } from '../permissions/permission.ts'
import type { StoredSession } from '../sessions/session.ts'
import type { StoredUser } from '../users/user.ts'

/** A request to the page to sign in or to sign up: what `Feature.signInButtons` gets. */
export interface SignInVisit {
  readonly request: AuthRequest
  readonly language: Language
  /** The path to go to after the sign-in, of this origin; `undefined` if the request has none. */
  readonly next: string | undefined
  /** The path of a page of accounts, such as `accountPath('/sign-in/')`. */
  accountPath(below: string): string
}

/** A way to sign in that has a page of its own, or that of another site. */
export interface SignInButton {
  /** Such as `passkey` or `github`: `pages.render` may choose by it. */
  readonly name: string
  /** In the language of the page. */
  readonly text: string
  /** A path of this origin, opened with GET: the policy of the pages stops forms that redirect to another origin. */
  readonly href: string
  readonly icon?: Html
}

/** A request to a page of the own account: what `Feature.accountSections` gets. */
export interface AccountVisit extends PageContext {
  readonly request: AuthRequest
  readonly user: StoredUser
  readonly session: StoredSession
  readonly principal: Principal
  /** `false` while another user acts as this one: nothing of the account can be changed then. */
  readonly canChange: boolean
  /** The path of a page of accounts, such as `accountPath('/sign-in/')`. */
  accountPath(below: string): string
}

/** The sections of the account that the package has, in the order of the menu. */
export type SectionName =
  | 'profile'
  | 'password'
  | 'passkeys'
  | 'secondFactor'
  | 'sessions'
  | 'tokens'
  | 'data'
  | 'deleteAccount'

/** A part of the page of the account, with a link in the menu. */
export interface AccountSection {
  /** Its id on the page: the menu links to `/account/#name`. */
  readonly name: string
  /** In the language of the page. */
  readonly title: string
  /** The section that it follows, whether that one exists or not. */
  readonly after: SectionName
  /** What stands below its heading. Called for the page of the account alone: other pages have the title in their menu. */
  content(): Awaitable<HtmlValue>
  /** What was done, in words, by the values of `?done=` that the forms of the section redirect to. */
  readonly done?: Readonly<Record<string, string>>
}
