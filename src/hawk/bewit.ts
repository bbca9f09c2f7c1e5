import { malformed, unproven } from './hawk-error.ts'

/** The parts of a bewit, with which anyone who has a URL may get it, until it expires. */
export interface Bewit {
  readonly id: string
  /** When it expires: seconds since 1970, in decimal. */
  readonly exp: string
  readonly mac: string
  /** What the application adds; empty: nothing. */
  readonly ext: string
}

/** A longer target is not looked at. */
export const LONGEST_TARGET = 4096

const PARAMETER = 'bewit='

/** As it stands in the query. @throws HawkError if a part cannot be written */
export function serializeBewit({ id, exp, mac, ext }: Bewit): string {
  const parts = [id, exp, mac, ext]
  if (parts.some((part) => part.includes('\\') || !ASCII.test(part)))
    throw malformed('Invalid bewit structure')
  return btoa(parts.join('\\'))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

/** Printable ASCII. */
const ASCII = /^[ -~]*$/
const BASE64URL = /^[\w-]+$/

/** @throws HawkError */
export function parseBewit(encoded: string): Bewit {
  const parts = decoded(encoded).split('\\')
  if (parts.length !== 4) throw malformed('Invalid bewit structure')
  const [id = '', exp = '', mac = '', ext = ''] = parts
  if (id === '' || exp === '' || mac === '') throw malformed('Missing bewit attributes')
  return { id, exp, mac, ext }
}

function decoded(encoded: string): string {
  const text = BASE64URL.test(encoded) ? textOf(encoded) : undefined
  if (text === undefined || !ASCII.test(text)) throw malformed('Invalid bewit encoding')
  return text
}

function textOf(encoded: string): string | undefined {
  try {
    return atob(encoded.replaceAll('-', '+').replaceAll('_', '/'))
  } catch {
    return undefined
  }
}

/** A target without its bewit: what its MAC covers. */
export interface BewitTarget {
  /** Encoded. */
  readonly bewit: string
  readonly resource: string
}

/** Whether the query of a target has a bewit, however it goes on. */
export const hasBewit = (target: string): boolean => /[?&]bewit=/.test(target)

/**
 * Takes the bewit out of a target, whose other parameters stay as they are.
 *
 * @param target path and query with a bewit, as on the request line
 * @throws HawkError
 */
export function takeBewit(target: string): BewitTarget {
  if (target.length > LONGEST_TARGET) throw malformed('Resource path exceeds max length')
  const [path = '', ...rest] = target.split('?')
  const parameters = rest.join('?').split('&')
  const bewits = parameters.filter((each) => each.startsWith(PARAMETER))
  const [first = ''] = bewits
  if (bewits.length !== 1) throw unproven('Bad mac')
  const others = parameters.filter((each) => each !== first)
  const query = others.length > 0 ? `?${others.join('&')}` : ''
  return { bewit: first.slice(PARAMETER.length), resource: path + query }
}
