import type { AuthError } from '../../base/errors.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { PageContext } from '../../pages/context.ts'
import type { Form } from '../../pages/form.ts'
import type { FormBinding } from '../../pages/form-token.ts'
import type { BrowserSessionSettings } from '../browser-sessions/browser-session.ts'
import type { Visitor } from '../browser-sessions/visitor.ts'
import type { Core } from '../core.ts'
import type { PageTexts } from './texts/page-texts.ts'

/** A request to a page, and all that a page is made of. */
export interface Visit extends PageContext<PageTexts> {
  readonly core: Core
  readonly request: AuthRequest
  /** Those of the path, such as `id` of `/sessions/:id/`. */
  readonly parameters: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** `undefined` if the browser is not signed in. */
  readonly visitor: Visitor | undefined
  /** What was sent; without fields on GET. */
  readonly form: Form
  /** What was wrong with the form that was sent, when the page is shown again. */
  readonly error: AuthError | undefined
  /** What the tokens of its forms are bound to. */
  readonly binding: FormBinding
  readonly sessionSettings: BrowserSessionSettings
  /** A page of accounts, such as `accountPath('/sign-in/')`. */
  readonly accountPath: (below: string) => string
}

export interface UserVisit extends Visit {
  readonly visitor: Visitor
}
