import { type Parameters, serializeByteSequence, serializeItem } from 'structured-headers'
import {
  type Field,
  fieldValue,
  fieldValues,
  isResponse,
  SignatureError,
  type SignedMessage,
  type SignedRequest,
} from './message.ts'
import {
  dictionaryOf,
  type FieldType,
  STRUCTURED_FIELDS,
  serializeMember,
  strictly,
} from './structured-fields.ts'

/** What a signature covers: a field, or with `@` a component that is derived from the message (RFC 9421 §2). */
export interface Component {
  readonly name: string
  readonly params: Parameters
  /** How it is written in the signature base, and in `Signature-Input`. */
  readonly identifier: string
}

export const componentOf = (name: string, params: Parameters = new Map()): Component => ({
  name,
  params,
  identifier: identifierOf(name, params),
})

const identifierOf = (name: string, params: Parameters): string =>
  params.size === 0 && PLAIN.test(name) ? `"${name}"` : serializeItem([name, params])

/** Nothing in it needs an escape, as in nearly all names. */
const PLAIN = /^@?[\w-]+$/

const MOST_COMPONENTS = 64

/** @throws SignatureError if a signature covers too many components, or one of them twice */
export function checkCovered(components: readonly Component[]): void {
  if (components.length > MOST_COMPONENTS)
    throw new SignatureError(
      `A signature covers more than ${MOST_COMPONENTS} components.`,
    )
  const identifiers = new Set(components.map(({ identifier }) => identifier))
  if (identifiers.size < components.length)
    throw new SignatureError('A component is covered twice.')
}

/** Types of structured fields beside those of the standards, by lower-case name. */
export type FieldTypes = Readonly<Record<string, FieldType>>

const FLAGS = ['sf', 'bs', 'req', 'tr']
const TEXTS = ['key', 'name']

/** The value of a component (RFC 9421 §2). @throws SignatureError if the message does not have it, or it cannot be covered */
export function componentValue(
  component: Component,
  message: SignedMessage,
  types: FieldTypes = {},
): string {
  if (component.params.size > 0) checkParameters(component)
  const source = sourceOf(component, message)
  const value = component.name.startsWith('@')
    ? derivedValue(component, source)
    : valueOfField(component, source.fields, types)
  if (!PRINTABLE.test(value))
    throw new SignatureError(
      `${component.identifier} has characters that only the parameter "bs" can cover.`,
    )
  return value
}

/** A line of the signature base is ASCII without line breaks (RFC 9421 §2.5). */
const PRINTABLE = /^[\t\x20-\x7e]*$/

function checkParameters({ name, params }: Component): void {
  for (const [param, value] of params) {
    const isKnown =
      (FLAGS.includes(param) && value === true) ||
      (TEXTS.includes(param) && typeof value === 'string')
    if (!isKnown) throw new SignatureError(`"${name}" has an unknown parameter.`)
  }
  if (params.has('bs') && (params.has('sf') || params.has('key')))
    throw new SignatureError(`"${name}" has parameters that exclude each other.`)
  if (params.has('tr')) throw new SignatureError('Trailers are not supported.')
}

/** The message that a component is of: with `req` the request that a response answers (RFC 9421 §2.4). */
function sourceOf({ params }: Component, message: SignedMessage): SignedMessage {
  if (!params.has('req')) return message
  if (!isResponse(message) || message.request === undefined)
    throw new SignatureError('The parameter "req" belongs to answers.')
  return message.request
}

function derivedValue(component: Component, message: SignedMessage): string {
  const { name } = component
  if (isResponse(message)) {
    if (name === '@status') return String(message.status)
    throw new SignatureError(`A response has no "${name}".`)
  }
  const derive = Object.hasOwn(OF_REQUEST, name) ? OF_REQUEST[name] : undefined
  if (derive === undefined) throw new SignatureError(`There is no component "${name}".`)
  return derive(message, component)
}

/** RFC 9421 §2.2. */
const OF_REQUEST: Readonly<
  Record<string, (request: SignedRequest, component: Component) => string>
> = {
  '@method': ({ method }) => method,
  '@target-uri': ({ origin, target }) => origin + target,
  '@authority': ({ origin }) => origin.slice(origin.indexOf('//') + 2),
  '@scheme': ({ origin }) => origin.slice(0, origin.indexOf(':')),
  '@request-target': ({ target }) => target,
  '@path': ({ target }) => splitTarget(target).path || '/',
  '@query': ({ target }) => `?${splitTarget(target).query}`,
  '@query-param': ({ target }, component) =>
    queryParameter(splitTarget(target).query, component),
}

/** Not by `URL`, which would rewrite the path. */
function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const start = target.indexOf('?')
  if (start === -1) return { path: target, query: '' }
  return { path: target.slice(0, start), query: target.slice(start + 1) }
}

/** Decoded as a form, and encoded again (RFC 9421 §2.2.8). */
function queryParameter(query: string, { params }: Component): string {
  const name = params.get('name')
  if (typeof name !== 'string')
    throw new SignatureError('"@query-param" needs the parameter "name".')
  const values = [...new URLSearchParams(query)].filter(
    ([each]) => percentEncoded(each) === name,
  )
  const [value] = values
  if (value === undefined || values.length > 1)
    throw new SignatureError(`The query does not have "${name}" once.`)
  return percentEncoded(value[1])
}

/** The set of HTML forms, with a blank as %20: `encodeURIComponent` leaves more as it is. */
const percentEncoded = (text: string): string =>
  new URLSearchParams([['', text]]).toString().slice(1).replaceAll('+', '%20')

function valueOfField(
  { name, params }: Component,
  fields: readonly Field[],
  types: FieldTypes,
): string {
  const value = fieldValue(fields, name)
  if (name !== name.toLowerCase() || value === undefined)
    throw new SignatureError(`The message has no field "${name}".`)
  if (params.has('bs')) return bytesOf(fields, name)
  const key = params.get('key')
  if (typeof key === 'string') return memberOf(value, key)
  if (!params.has('sf')) return value
  const type = types[name] ?? STRUCTURED_FIELDS[name]
  if (type === undefined)
    throw new SignatureError(`The type of the structured field "${name}" is not known.`)
  return strictly(type, value)
}

/** Each line of a field as bytes, so that they stay apart (RFC 9421 §2.1.3). */
const bytesOf = (fields: readonly Field[], name: string): string =>
  fieldValues(fields, name)
    .map((value) => serializeByteSequence(latin1(value)))
    .join(', ')

const latin1 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(text, (character) => character.charCodeAt(0))

function memberOf(value: string, key: string): string {
  const member = dictionaryOf(value).get(key)
  if (member === undefined) throw new SignatureError(`There is no member "${key}".`)
  return serializeMember(member)
}
