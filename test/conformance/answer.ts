import type { Variables } from './conversation.ts'
import { opened } from './forge.ts'
import { OAUTH_HEADERS } from './oauth-terms.ts'
import type { Answer, Json, JsonObject } from './recording.ts'
import type { Subject } from './subject.ts'
import type { Reply } from './wire.ts'

/** Headers that are part of the contract. Others depend on the server and its middleware. */
export const CONTRACT = [
  'allow',
  'content-language',
  'content-length',
  'content-type',
  'location',
  'retry-after',
  'set-cookie',
  'vary',
  'www-authenticate',
] as const

const USUAL_TYPE = 'application/json'

/** The values that placeholders are derived from. */
export interface Context {
  readonly variables: Variables
  /** Seconds, of the start of the first step and of the response. */
  readonly begun: number
  readonly got: number
  /** The claim with a token's type; `null` if tokens have none. */
  readonly typeClaim: string | null
  readonly port: number
  readonly placeholder: Subject['placeholder']
  readonly header: Subject['header']
  readonly page: Subject['page']
}

/** A response in the format of the recordings, with placeholders for what differs each time. */
export function answerOf(reply: Reply, context: Context): Answer {
  const headers = contractHeaders(reply, context)
  const status = { status: reply.status }
  if (reply.body.length === 0)
    return { ...status, headers: withoutUsual(headers), body: null }

  const text = reply.body.toString('utf8')
  if (!String(headers['content-type'] ?? '').startsWith(USUAL_TYPE)) {
    const page = context.page(reply)
    if (page !== undefined) return { ...status, headers: withoutUsual(headers), page }
    return { ...status, headers: withoutUsual(headers), text }
  }
  const value = JSON.parse(text) as Json
  const decoded: Record<string, { header: JsonObject; claims: JsonObject }> = {}
  for (const [name, token] of tokensInCookies(reply))
    textPlaceheld(token, `cookie ${name}`, decoded, context)
  const body = placeheld(value, '', decoded, context)
  if (JSON.stringify(body) !== JSON.stringify(value)) delete headers['content-length']
  return {
    ...status,
    headers: withoutUsual(headers),
    body,
    ...(JSON.stringify(value) === text ? {} : { raw: text }),
    ...(Object.keys(decoded).length === 0 ? {} : { decoded }),
  }
}

function contractHeaders(
  reply: Reply,
  context: Context,
): Record<string, string | readonly string[]> {
  const found: Record<string, string | readonly string[]> = {}
  for (const name of [...CONTRACT, ...OAUTH_HEADERS]) {
    const values = reply.headers.filter(([given]) => given.toLowerCase() === name)
    const shown = values.map(([, value]) => headerPlaceheld(name, value, context))
    if (shown.length > 0) found[name] = shown.length === 1 ? shown[0]! : shown
  }
  return found
}

function headerPlaceheld(name: string, given: string, context: Context): string {
  const { port } = context
  const value = context.header(name, given)
  if (name === 'retry-after') return '<seconds>'
  if (name === 'set-cookie') {
    return value
      .replace(/^(sessionid)=[^;"]+/, '$1=<session>')
      .replace(/^(csrftoken)=[^;"]+/, '$1=<csrf>')
      .replace(/^(watchword-social)=[^;"]+/, '$1=<browser>')
      .replace(/=([\w-]+\.[\w-]+\.[\w-]+);/, (_, token) => `=${tokenPlaceheld(token)};`)
      .replace(/expires=(?!Thu, 01 Jan 1970)[^;]+/, 'expires=<date>')
  }
  return value.replaceAll(`127.0.0.1:${port}`, '<host>')
}

/** JSON Web Tokens in cookies. */
const tokensInCookies = ({ headers }: Reply): readonly (readonly [string, string])[] =>
  headers.flatMap(([name, value]) => {
    const [, cookie = '', token = ''] = /^([^=]+)=([^;]*)/.exec(value) ?? []
    const isOne = name.toLowerCase() === 'set-cookie' && opened(token) !== undefined
    return isOne ? [[cookie, token] as const] : []
  })

/** A token in a cookie, as `<jwt:access>`. */
function tokenPlaceheld(token: string): string {
  const type = opened(token)?.claims.token_type
  return type === undefined ? token : `<jwt:${String(type)}>`
}

const withoutUsual = ({
  'content-type': type,
  ...rest
}: Record<string, string | readonly string[]>): typeof rest =>
  type === undefined || type === USUAL_TYPE ? rest : { 'content-type': type, ...rest }

type Decoded = Record<string, { header: JsonObject; claims: JsonObject }>

function placeheld(value: Json, path: string, decoded: Decoded, context: Context): Json {
  if (typeof value === 'string') return textPlaceheld(value, path, decoded, context)
  if (path === 'exp' && typeof value === 'number') return moment(value, context)
  const at = (key: string | number): string =>
    path === '' ? String(key) : `${path}.${key}`
  if (Array.isArray(value))
    return value.map((item: Json, i) => placeheld(item, at(i), decoded, context))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, item]) => [
    name,
    placeheld(item, at(name), decoded, context),
  ])
  return Object.fromEntries(entries)
}

function textPlaceheld(
  value: string,
  path: string,
  decoded: Decoded,
  context: Context,
): string {
  const token = opened(value)
  const known = context.placeholder(value, path, context.got)
  if (token !== undefined && known !== undefined) return known
  if (token !== undefined) {
    decoded[path] = {
      header: token.header,
      claims: claimsPlaceheld(token.claims, context),
    }
    const type = context.typeClaim === null ? undefined : token.claims[context.typeClaim]
    if (path.endsWith('id_token')) return '<jwt:id_token>'
    return `<jwt:${typeof type === 'string' ? type : 'untyped'}>`
  }
  for (const [name, known] of context.variables)
    if (known !== '' && value === known) return `{{${name}}}`
  if (
    /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(value) &&
    !value.startsWith('00000000-')
  )
    return '<uuid>'
  if (/^[\da-f]{40}$/.test(value) && value.slice(8, 32) !== '0'.repeat(24))
    return '<token:hex40>'
  const [, prefix = '', digits] = /^(.*_)?([\da-f]{32,})$/.exec(value) ?? []
  if (path === 'token' && digits !== undefined)
    return `${prefix}<token:hex${digits.length}>`
  if (path.endsWith('csrfToken')) return '<csrf>'
  if (ISO.test(value)) return `<iso:${since(Date.parse(value) / 1000, context)}>`
  if (known !== undefined) return known
  return value
    .replace(/\b(available in )\d+( second)/, '$1<seconds>$2')
    .replaceAll(`127.0.0.1:${context.port}`, '<host>')
}

/** As Django REST framework writes a time. */
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?Z$/

/** `now+60` */
const since = (moment: number, { got }: Pick<Context, 'got'>): string => {
  const offset = Math.round(moment - got)
  return `now${offset < 0 ? '' : '+'}${offset}`
}

function claimsPlaceheld(claims: JsonObject, context: Context): JsonObject {
  const out: Record<string, Json> = {}
  for (const [name, value] of Object.entries(claims)) {
    if (name === 'at_hash') {
      out[name] = '<half of a hash>'
      continue
    }
    if (typeof value === 'number' && Number.isInteger(value) && value > 1_000_000_000)
      out[name] = moment(value, context)
    else if (typeof value === 'string' && /^[\da-f]{32}$/.test(value))
      out[name] = idPlaceheld(name, value, context)
    else if (typeof value === 'string' && /^[\dA-F]{32}$/.test(value))
      out[name] = '<md5:password>'
    else out[name] = value
  }
  return out
}

function idPlaceheld(name: string, value: string, { variables }: Context): string {
  for (const [variable, text] of variables) {
    if (opened(text)?.claims[name] === value) return `<same as ${variable}>`
  }
  return '<hex32>'
}

/** A time claim as `<now+N>`. N is what a server without any delay would give. */
function moment(value: number, { begun, got }: Context): string {
  const near: number[] = []
  for (let second = Math.floor(got); second >= Math.floor(begun); second--)
    near.push(value - second)
  const offset = near.find((n) => n % 5 === 0) ?? near[0] ?? 0
  return `<now${offset < 0 ? '' : '+'}${offset}>`
}
