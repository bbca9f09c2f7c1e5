import { CONTRACT } from './answer.ts'
import type { Answer, Json } from './recording.ts'

/** The differences between two responses, one line each. @param headers to compare */
export function faults(
  expected: Answer,
  actual: Answer,
  headers: readonly string[] = CONTRACT,
): string[] {
  const found: string[] = []
  const compare = (what: string, want: unknown, have: unknown): void => {
    // As text: members must come in the same order.
    const [wanted, had] = [JSON.stringify(want), JSON.stringify(have)]
    if (wanted !== had)
      found.push(`${what}: expected ${wanted ?? 'nothing'}, got ${had ?? 'nothing'}`)
  }
  if (expected.refused !== undefined || actual.refused !== undefined) {
    compare('refused', expected.refused, actual.refused)
    return found
  }
  const hasParserText = isParseError(expected.body)
  compare('status', expected.status, actual.status)
  compare('body', withoutReason(expected.body), withoutReason(actual.body))
  compare('text', expected.text, actual.text)
  compare('page', expected.page, actual.page)
  if (!hasParserText) compare('raw', expected.raw, actual.raw)
  for (const name of headers) {
    if (name === 'content-length' && hasParserText) continue
    compare(name, headerOf(expected, name), headerOf(actual, name))
  }
  compare('decoded', expected.decoded, actual.decoded)
  compare('effects', sorted(expected.effects ?? {}), sorted(actual.effects ?? {}))
  return found
}

function headerOf(answer: Answer, name: string): Json {
  const value = (answer.headers?.[name] as Json | undefined) ?? null
  if (name !== 'set-cookie' || value === null) return value
  return [value].flat().map((each) => cookieOf(String(each)))
}

/** A cookie without what browsers ignore: the order of attributes, quotes, `Expires` beside `Max-Age`, `HttpOnly` of a deletion (RFC 6265 §5.3). */
function cookieOf(text: string): string {
  const [pair = '', ...attributes] = text.split('; ')
  const kept = attributes.filter((each) => !/^expires=/i.test(each))
  const isDeleted = kept.includes('Max-Age=0')
  const others = kept.filter((each) => !(isDeleted && each === 'HttpOnly'))
  return [pair.replace('=""', '='), ...others.toSorted()].join('; ')
}

/** After the prefix comes the wording of a parser, which no client can rely on (specification 0.6). */
const PARSE_ERROR = /^((?:JSON|Multipart form) parse error - ).*/s

const isParseError = (body: Json | undefined): boolean => withoutReason(body) !== body

function withoutReason(body: Json | undefined): Json | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body
  const { detail } = body as { detail?: Json }
  return typeof detail === 'string' && PARSE_ERROR.test(detail)
    ? { ...body, detail: detail.replace(PARSE_ERROR, '$1<reason>') }
    : body
}

/** The order of effects does not matter. */
const sorted = (value: Json): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, item]) => [name, sorted(item)]),
      )
    : value
