import { AuthError } from '../base/errors.ts'
import { type MediaType, parseMediaType } from './media-type.ts'
import { collectFields, MAX_MEMBERS, type ParsedBody } from './parsed-body.ts'

/** The boundaries of RFC 2046 §5.1.1. */
const BOUNDARY = /^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/

/** Parses a form in parts (RFC 7578). The value of a file is not a string. @throws AuthError `parse_error` */
export function parseMultipart(bytes: Uint8Array, { parameters }: MediaType): ParsedBody {
  const boundary = parameters.get('boundary')
  if (boundary === undefined || !BOUNDARY.test(boundary)) {
    throw broken(`Invalid boundary in multipart: ${boundary ?? 'None'}`)
  }
  // Latin-1 makes each byte one character. A delimiter begins a line, so a line break is put before the first one.
  const text = `\r\n${Buffer.from(bytes).toString('latin1')}`
  const [, ...parts] = text.split(`\r\n--${boundary}`, MAX_MEMBERS + 2)
  const values = new Map<string, unknown>()
  for (const part of parts) {
    if (part.startsWith('--')) return collectFields(values)
    const { name, filename, value } = parsePart(part)
    // Browsers send an empty file field with an empty file name.
    values.set(name, filename ? FILE : value)
  }
  throw broken('there is no end to it')
}

const broken = (reason: string): AuthError =>
  new AuthError('parse_error', undefined, {
    detail: `Multipart form parse error - ${reason}`,
  })

/** The value of a file field, which no text field accepts. */
const FILE = {}

const DISPOSITION = 'content-disposition:'

function parsePart(text: string): {
  name: string
  filename: string | undefined
  value: string
} {
  // White space may follow the delimiter on its line.
  const part = text.replace(/^[ \t]+(?=\r\n)/, '')
  const headEnd = part.indexOf('\r\n\r\n')
  if (!part.startsWith('\r\n') || headEnd === -1) throw broken('a part has no head')
  const lines = part.slice(2, Math.max(headEnd, 2)).split('\r\n')
  const line =
    lines.find((candidate) => candidate.toLowerCase().startsWith(DISPOSITION)) ?? ''
  const { type, parameters } = parseMediaType(line.slice(DISPOSITION.length))
  const name = parameters.get('name')
  if (type !== 'form-data' || name === undefined) throw broken('a part has no name')
  return {
    name,
    filename: parameters.get('filename') ?? parameters.get('filename*'),
    value: Buffer.from(part.slice(headEnd + 4), 'latin1').toString('utf8'),
  }
}
