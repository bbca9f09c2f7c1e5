import { CONTRACT } from './answer.ts'
import type { Answer, Json } from './recording.ts'

/** Where an answer is not the expected one: a line each, `[]` where it is. */
export function faults(expected: Answer, actual: Answer): string[] {
  const found: string[] = []
  const hold = (what: string, want: unknown, have: unknown): void => {
    // As text: members must come in the same order.
    const [wanted, had] = [JSON.stringify(want), JSON.stringify(have)]
    if (wanted !== had)
      found.push(`${what}: expected ${wanted ?? 'nothing'}, got ${had ?? 'nothing'}`)
  }
  if (expected.refused !== undefined || actual.refused !== undefined) {
    hold('refused', expected.refused, actual.refused)
    return found
  }
  const reasonIsTheirs = isParseError(expected.body)
  hold('status', expected.status, actual.status)
  hold('body', withoutReason(expected.body), withoutReason(actual.body))
  hold('text', expected.text, actual.text)
  if (!reasonIsTheirs) hold('raw', expected.raw, actual.raw)
  for (const name of CONTRACT) {
    if (name === 'content-length' && reasonIsTheirs) continue
    hold(name, headerOf(expected, name), headerOf(actual, name))
  }
  hold('decoded', expected.decoded, actual.decoded)
  hold('effects', sorted(expected.effects ?? {}), sorted(actual.effects ?? {}))
  return found
}

const headerOf = (answer: Answer, name: string): Json =>
  (answer.headers?.[name] as Json | undefined) ?? null

/** What follows the prefix is the wording of a parser, and no client can rely on it (specification 0.6). */
const PARSE_ERROR = /^((?:JSON|Multipart form) parse error - ).*/s

const isParseError = (body: Json | undefined): boolean => withoutReason(body) !== body

function withoutReason(body: Json | undefined): Json | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body
  const { detail } = body as { detail?: Json }
  return typeof detail === 'string' && PARSE_ERROR.test(detail)
    ? { ...body, detail: detail.replace(PARSE_ERROR, '$1<reason>') }
    : body
}

/** The order in which effects are told says nothing. */
const sorted = (value: Json): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, item]) => [name, sorted(item)]),
      )
    : value
