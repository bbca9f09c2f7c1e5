import * as z from 'zod/mini'
import type { Awaitable } from '../../base/awaitable.ts'
import { once } from '../../base/lazy.ts'
import type { SiteLink } from '../../pages/context.ts'
import type { RenderError } from '../../pages/error-page.ts'
import type { SomeTexts } from '../../pages/texts.ts'
import type { Language } from '../../pages/time.ts'
import { absolutePath, name, switchedSection, withDefault } from '../../schema/shapes.ts'
import type { SectionReader } from '../core.ts'
import type { PageTexts } from './texts/page-texts.ts'

/** What these pages have in common of the functions that make them: those of each page are declared where it is. */
export interface CommonRenderers {
  readonly error: RenderError
}

/** The option `pages`. */
export interface PageOptions<Renderers extends CommonRenderers = CommonRenderers> {
  /**
   * The path that the pages are below.
   *
   * @default "/account"
   */
  readonly path?: `/${string}`
  /**
   * The name of the application.
   *
   * @default the host of `url`, or "watchword"
   */
  readonly name?: string
  /**
   * The address of its logo: a path, or a `data:` or `https:` address.
   *
   * @default the first letter of the name
   */
  readonly logo?: string
  /**
   * The colour of the application, such as `"#7a1f5c"`. It is made lighter or darker until text on it can be read.
   *
   * @default "#0a5f73"
   */
  readonly color?: `#${string}`
  /**
   * The page after a sign-in without `next`, and the target of the name at the top.
   *
   * @default the page of the account
   */
  readonly home?: `/${string}`
  /**
   * Whether guards redirect a browser that opens a page without a valid sign-in to the page to sign in, in place of a 401. Other requests
   * get their 401. Needs the scheme `session()`.
   *
   * @default false
   */
  readonly redirect?: boolean
  /**
   * Links at the foot of each page, such as `[{ text: "Privacy", href: "/privacy" }]`.
   *
   * @default none
   */
  readonly links?: readonly SiteLink[]
  /**
   * Paths of further stylesheets, loaded after those of the pages.
   *
   * @default none
   */
  readonly stylesheets?: readonly string[]
  /**
   * Words in place of those of the pages: `{ en: { signIn: { title: "Welcome back" } } }`.
   *
   * @default the words of the package
   */
  readonly texts?: { readonly [Each in Language]?: SomeTexts<PageTexts> }
  /**
   * Returns the place of an address, such as `"London, United Kingdom"`, for the list of a user's sessions; `undefined` if it is not known.
   * It may be async. A page calls it once for each address, waits for one second in all, and shows no place that is not known by then. At most
   * 16 calls are under way at once: while so many do not end, it is not called.
   *
   * @default none: no places are shown
   */
  readonly geo?: (address: string) => Awaitable<string | undefined>
  /**
   * Functions in place of those that make the pages: `{ signIn: (data, page) => … }`. See `watchword/pages`.
   *
   * @default the functions of the package
   */
  readonly render?: Partial<Renderers>
}

/** The option `pages`, parsed. */
export interface PageSettings {
  /** Without a slash at its end. */
  readonly path: string
  readonly name: string | undefined
  readonly logo: string | undefined
  readonly color: string | undefined
  readonly home: string | undefined
  readonly redirect: boolean
  readonly links: readonly SiteLink[]
  readonly stylesheets: readonly string[]
  readonly texts: NonNullable<PageOptions['texts']>
  readonly geo: PageOptions['geo']
  readonly render: Partial<CommonRenderers>
}

const ADDRESS = 'must be a path such as "/logo.svg", or an https: or data: address'

const logo = () =>
  z.string().check(z.regex(/^(?:\/(?!\/)|https:\/\/|data:image\/)\S*$/, ADDRESS))

const link = () =>
  z.strictObject({
    text: name,
    href: z
      .string()
      .check(
        z.regex(/^(?:\/(?!\/)|https?:\/\/|mailto:)\S*$/, 'must be a path or an address'),
      ),
  })

const anObject = <T extends object>(message: string) =>
  z.custom<T>((value) => typeof value === 'object' && value !== null, message)

const members = () =>
  ({
    path: z.pipe(
      withDefault(absolutePath, '/account'),
      z.transform((path) => path.replace(/\/+$/, '')),
    ),
    name: z.optional(name),
    logo: z.optional(logo()),
    color: z.optional(
      z.string().check(z.regex(/^#[\da-f]{6}$/i, 'must be a colour such as "#7a1f5c"')),
    ),
    home: z.optional(absolutePath),
    redirect: withDefault(z.boolean(), false),
    links: withDefault(z.array(link()), []),
    stylesheets: withDefault(
      z.array(
        z.string().check(z.regex(/^\/(?!\/)\S*$/, 'must be a path of this origin')),
      ),
      [],
    ),
    texts: withDefault(anObject<object>('must be texts by language'), {}),
    geo: z.optional(
      z.custom<NonNullable<PageOptions['geo']>>(
        (value) => typeof value === 'function',
        'must be a function of an address',
      ),
    ),
    render: withDefault(anObject<object>('must be functions by the name of a page'), {}),
  }) satisfies Record<keyof PageOptions, z.ZodMiniType>

const schema = switchedSection<PageOptions>()(members, 'must be true, false or an object')

/** The feature of the account's pages declares its input: `PageOptions` with the functions that make them. */
export const pageOptions = schema as z.ZodMiniType<PageSettings | undefined>

/** For other pages than those of accounts, such as the console, without the option. */
const defaults = once(() => pageOptions.parse(true) as PageSettings)

/** The option `pages`; its defaults if it is off. */
export const pageSettings = (section: SectionReader): PageSettings =>
  section(pageOptions) ?? defaults()

/** Whether the pages of accounts are on. */
export const hasPages = (section: SectionReader): boolean =>
  section(pageOptions) !== undefined

/** The path of a page of accounts, such as `/account/sign-in/`. */
export const pagePath = (section: SectionReader, below = '/'): string =>
  pageSettings(section).path + below
