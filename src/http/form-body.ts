import { AuthError } from '../base/errors.ts'
import { collectFields, MAX_MEMBERS, type ParsedBody } from './parsed-body.ts'

/** Parses `name=value&…`, percent-encoded UTF-8; of several values for one name the last counts. @throws AuthError `parse_error` */
export function parseForm(bytes: Uint8Array): ParsedBody {
  let pairs = 1
  for (const byte of bytes) {
    if (byte === 0x26 && ++pairs > MAX_MEMBERS)
      throw new AuthError('parse_error', 'the form has too many fields')
  }
  // URLSearchParams drops a leading question mark; an empty pair in front of it protects it.
  return collectFields(
    new Map(new URLSearchParams(`&${Buffer.from(bytes).toString('utf8')}`)),
  )
}
