import { AuthError } from '../base/errors.ts'
import type { MediaType } from './media-type.ts'
import { collectFields, MAX_MEMBERS, type ParsedBody } from './parsed-body.ts'

/** The boundaries of RFC 2046 §5.1.1. */
const BOUNDARY = /^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/

/**
 * Parses a form in parts (RFC 7578). The value of a file is an object, which no text field accepts.
 *
 * @param bytes of limited size: the runtime's parser has no limits of its own
 * @throws AuthError `parse_error`
 */
export async function parseMultipart(
  bytes: Uint8Array,
  { parameters }: MediaType,
): Promise<ParsedBody> {
  const boundary = parameters.get('boundary')
  if (boundary === undefined || !BOUNDARY.test(boundary))
    throw broken(`Invalid boundary in multipart: ${boundary ?? 'None'}`)
  const form = await formOf(bytes, boundary)
  const values = new Map<string, unknown>()
  for (const [name, value] of form) values.set(name, await fieldValueOf(value))
  if (values.size > MAX_MEMBERS) throw broken('too many parts')
  return collectFields(values)
}

/** Browsers send an empty file field with an empty file name: it has the value of an empty text field. */
function fieldValueOf(value: string | File): unknown {
  if (typeof value === 'object' && value.name === '') return value.text()
  return value
}

async function formOf(bytes: Uint8Array, boundary: string): Promise<FormData> {
  const type = `multipart/form-data; boundary="${boundary}"`
  try {
    const headers = { 'content-type': type }
    return await new Response(Buffer.from(bytes), { headers }).formData()
  } catch {
    throw broken('the text is no form in parts')
  }
}

const broken = (reason: string): AuthError =>
  new AuthError('parse_error', undefined, {
    detail: `Multipart form parse error - ${reason}`,
  })
