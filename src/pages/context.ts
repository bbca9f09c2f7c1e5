import type { Assets } from './assets.ts'
import type { CommonTexts } from './texts/common.ts'
import type { Language } from './time.ts'

/** What all pages of an instance share. */
export interface Site {
  /** The name of the application. */
  readonly name: string
  /** The address of its logo. */
  readonly logo: string | undefined
  /** The target of the name at the top. */
  readonly home: string
  /** The links at the foot. */
  readonly links: readonly SiteLink[]
  /** Stylesheets of the application, loaded after those of the pages. */
  readonly stylesheets: readonly string[]
  readonly assets: Assets
}

export interface SiteLink {
  readonly text: string
  readonly href: string
}

/** What a page knows besides its own data. @typeParam T its texts */
export interface PageContext<T extends CommonTexts = CommonTexts> {
  readonly site: Site
  readonly language: Language
  readonly texts: T
  /** The value of the hidden field of every form. */
  readonly formToken: string
  /** The path of the page, with its query. */
  readonly url: string
  /** Seconds since 1970. */
  readonly now: number
}
