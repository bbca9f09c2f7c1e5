import { html as honoHtml, raw as honoRaw } from 'hono/html'

/** Markup whose values have been escaped. */
export interface Html {
  readonly isEscaped: true
  toString(): string
}

/** What a template takes. `undefined`, `null`, `false` and `true` are left out, lists are joined. */
export type HtmlValue =
  | Html
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly HtmlValue[]

/**
 * A template of HTML: each value is escaped. A value that begins an attribute which holds an address must be a path, or an address
 * of `http`, `https` or `mailto`, else it is replaced by `#`.
 *
 * @throws TypeError if a value stands where escaping does not help: outside of quotes in a tag, in a script or in a style
 */
export function html(strings: TemplateStringsArray, ...values: HtmlValue[]): Html {
  const places = placesOf(strings)
  const checked = values.map((value, i) => places[i]?.(value))
  // It returns a promise only for values that are promises, which the type of the values excludes.
  return honoHtml(strings, ...(checked as unknown[])) as unknown as Html
}

/** Marks a constant of this package as markup. Never for a value from outside. */
export const trusted = (constant: string): Html => honoRaw(constant) as unknown as Html

export const isHtml = (value: unknown): value is Html =>
  typeof value === 'object' && (value as Partial<Html> | null)?.isEscaped === true

/** What is done with a value that stands there. */
type Place = (value: HtmlValue) => HtmlValue

const asItIs: Place = (value) => value

const known = new WeakMap<TemplateStringsArray, readonly Place[]>()

/** Where each value of a template stands. */
function placesOf(strings: TemplateStringsArray): readonly Place[] {
  const found = known.get(strings)
  if (found !== undefined) return found
  let before = ''
  const places = strings.slice(0, -1).map((text) => {
    before += text
    const place = placeAfter(before)
    before += 'x'
    return place
  })
  known.set(strings, places)
  return places
}

const ADDRESS =
  /(?:^|[\s"'])(?:href|src|action|formaction|cite|poster|ping|data|srcset)\s*=\s*["']$/i
const CODE = /(?:^|[\s"'])(?:on\w+|style|srcdoc)\s*=\s*(?:"[^"]*|'[^']*)$/i
const UNQUOTED = /(?:<|[\s"'][\w-]+\s*=\s*)$/
const IN_CODE = /<(script|style)\b(?!.*<\/\1>)[^>]*>.*$|<!--(?!.*-->).*$/is

/** @param before the template in front of a value @throws TypeError */
function placeAfter(before: string): Place {
  if (IN_CODE.test(before)) throw new TypeError('A value stands in a script or a style.')
  const tag = openTag(before)
  const attributes = attributesIn(before, tag)
  if (CODE.test(attributes))
    throw new TypeError('A value stands in an attribute that is code.')
  if (tag !== '' && UNQUOTED.test(tag))
    throw new TypeError(`Quotes are missing around a value after ${tag}`)
  if (ADDRESS.test(attributes)) return safeAddress
  return asItIs
}

/** The tag that is not closed yet. */
const openTag = (before: string): string =>
  /<[a-z/!]?(?:"[^"]*"|'[^']*'|[^"'>])*["']?[^>]*$/i.exec(before)?.[0] ?? ''

function attributesIn(before: string, tag: string): string {
  if (before.includes('<')) return tag
  // A template may be a list of attributes.
  return before
}

const SCHEME = /^(?:https?|mailto|tel):/i

/** Browsers skip control characters and spaces in a scheme. */
function safeAddress(value: HtmlValue): HtmlValue {
  if (typeof value !== 'string') return value
  const text = value.replace(/[\0-\x20\x7f-\xa0\u2028\u2029]/g, '')
  const isRelative = !/^[^/?#]*:/.test(text)
  const isImage = /^data:image\/(?:png|jpeg|gif|webp|svg\+xml)[;,]/i.test(text)
  if (isRelative || SCHEME.test(text) || isImage) return value
  return '#'
}
