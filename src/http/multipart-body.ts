import { AuthError } from '../base/errors.ts'
import { type MediaType, parseMediaType } from './media-type.ts'
import { collectFields, MAX_MEMBERS, type ParsedBody } from './parsed-body.ts'

/** What RFC 2046 §5.1.1 lets a boundary be. */
const BOUNDARY = /^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/

/** Text fields of a form in parts (RFC 7578). A file is there and has no text. @throws AuthError `parse_error` */
export function parseMultipart(bytes: Uint8Array, { parameters }: MediaType): ParsedBody {
  const boundary = parameters.get('boundary')
  if (boundary === undefined || !BOUNDARY.test(boundary)) {
    throw broken(`Invalid boundary in multipart: ${boundary ?? 'None'}`)
  }
  // Latin-1 keeps an octet a character. A delimiter begins a line, so the first one is given a line to begin.
  const text = `\r\n${Buffer.from(bytes).toString('latin1')}`
  const [, ...parts] = text.split(`\r\n--${boundary}`, MAX_MEMBERS + 2)
  const values = new Map<string, unknown>()
  for (const part of parts) {
    if (part.startsWith('--')) return collectFields(values)
    const { name, filename, value } = parsePart(part)
    // An empty choice of file is sent with an empty name, and is no file.
    values.set(name, filename ? FILE : value)
  }
  throw broken('there is no end to it')
}

const broken = (reason: string): AuthError =>
  new AuthError('parse_error', undefined, {
    detail: `Multipart form parse error - ${reason}`,
  })

/** Stands for what is no text. */
const FILE = {}

const DISPOSITION = 'content-disposition:'

function parsePart(text: string): {
  name: string
  filename: string | undefined
  value: string
} {
  // Blanks may stand between the delimiter and the end of its line.
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
