import type * as z from 'zod/mini'

/** A schema of zod, or JSON Schema as it is. */
export type DescribedSchema = z.core.$ZodType | Readonly<Record<string, unknown>>

/** What a route is for, for the browsable API and the OpenAPI document. Nothing of it is checked at requests. */
export interface RouteDescription {
  /** A few words, such as `Write a note`. */
  readonly summary?: string
  /** Plain text; line breaks are kept. */
  readonly description?: string
  /** The body that the route reads: the page makes a form of it. */
  readonly body?: DescribedSchema
  /** The parameters of the query, as an object: the page makes filters of them. */
  readonly query?: DescribedSchema
  /** What it answers, by status. */
  readonly answers?: Readonly<Record<number, DescribedSchema>>
  /** An example of a body. */
  readonly example?: unknown
  /** The media types of bodies, in the order of preference. @default ["application/json"] */
  readonly types?: readonly string[]
  /** The methods of the route, if the adapter cannot see them (`node:http`, fetch). */
  readonly methods?: readonly string[]
  /** The path, if the adapter cannot see it, such as `/notes/:id`. */
  readonly path?: string
}

/** What a guard is given about its route besides the requirement. */
export interface BrowsableOptions {
  /**
   * Whether browsers are shown a page about the route, with the option `browsableApi`. `"rendered"` also shows the answer without a
   * script, to users who are signed in by a cookie.
   */
  readonly browsable?: boolean | 'rendered'
  /** What the route is for. */
  readonly describe?: RouteDescription
  /** The page sends GET only when a button is pressed: for a GET that changes something. */
  readonly confirm?: boolean
}

const TEXTS = ['summary', 'description', 'path']
const LISTS = ['types', 'methods']
const OBJECTS = ['body', 'query', 'answers']
const MEMBERS = [...TEXTS, ...LISTS, ...OBJECTS, 'example']

export const isBrowsable = (value: unknown): boolean =>
  typeof value === 'boolean' || value === 'rendered'

/** Whether a value is a `RouteDescription`. */
export function isDescription(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.entries(value).every(([name, each]) => {
    if (each === undefined) return false
    if (TEXTS.includes(name)) return typeof each === 'string'
    if (LISTS.includes(name))
      return Array.isArray(each) && each.every((text) => typeof text === 'string')
    if (OBJECTS.includes(name)) return typeof each === 'object' && each !== null
    return MEMBERS.includes(name)
  })
}
