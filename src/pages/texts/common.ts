/** The words that all pages share. */
export interface CommonTexts {
  readonly common: {
    readonly skip: string
    readonly menu: string
    /** Before the title of a page with errors. */
    readonly error: string
    readonly problem: string
    readonly continue: string
    readonly back: string
    readonly or: string
    /** Before the buttons that can do harm. */
    readonly code: string
    readonly empty: string
    readonly newer: string
    readonly older: string
    readonly pages: string
    readonly copy: string
    readonly copied: string
    readonly toSignIn: string
    readonly retry: string
    /** @param site the name of the application */
    readonly goTo: (site: string) => string
    /** @param moment such as `12:24 UTC` */
    readonly retryAt: (length: string, moment: string) => string
    /** In place of that sentence when the time is over. */
    readonly retryNow: string
    readonly reference: string
  }
  /** The pages of errors, by the status. */
  readonly errors: {
    readonly [Name in ErrorName]: { readonly title: string; readonly text: string }
  }
}

/** The kinds of failures that have words of their own. */
export type ErrorName =
  | 'badRequest'
  | 'invalidLink'
  | 'forbidden'
  | 'outdatedForm'
  | 'notFound'
  | 'method'
  | 'tooLarge'
  | 'mediaType'
  | 'throttled'
  | 'unavailable'
  | 'server'
