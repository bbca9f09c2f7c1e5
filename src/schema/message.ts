import type * as z from 'zod/mini'

type Issue = z.core.$ZodRawIssue

const NOUNS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  function: 'a function',
}

/** The predicate of a message about an option: `must be a string`. It never repeats the value. */
export function messageFor(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${NOUNS[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `must be ${oneOf(issue.values)}`
    case 'too_small':
      return `must ${bound(issue.origin, 'at least', Number(issue.minimum))}`
    case 'too_big':
      return `must ${bound(issue.origin, 'at most', Number(issue.maximum))}`
    case 'invalid_format':
      return FORMATS[issue.format] ?? INVALID
    case 'invalid_union':
      return unionMessage(issue)
    default:
      return INVALID
  }
}

const INVALID = 'has no valid value: see the documentation of this option'

const FORMATS: Readonly<Record<string, string>> = {
  url: 'must be a URL such as "https://auth.example.com/.well-known/jwks.json"',
}

function bound(origin: string, limit: string, count: number): string {
  const hasLength = origin === 'array' || origin === 'string'
  if (hasLength && limit === 'at least' && count === 1) return 'not be empty'
  if (origin === 'array') return `have ${limit} ${count} entries`
  if (origin === 'string') return `have ${limit} ${count} characters`
  return `be ${limit} ${count}`
}

/** Joins the messages of the alternatives: `must be a string, or a list`. */
function unionMessage({ errors }: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidUnion>) {
  const messages = (errors ?? []).flatMap(([first]) =>
    first !== undefined && first.path.length === 0 ? [first.message] : [],
  )
  const wanted = messages.map((message) => message.replace(/^must be /, ''))
  if (wanted.length === 0) return INVALID
  return `must be ${[...new Set(wanted)].join(', or ')}`
}

function oneOf(values: readonly unknown[]): string {
  const written = values.map((value) => JSON.stringify(value))
  return written.length === 1 ? `${written[0]}` : `one of ${written.join(', ')}`
}
