import { AuthError } from '../base/errors.ts'
import { collectFields, MAX_MEMBERS, type ParsedBody } from './parsed-body.ts'

/** `name=value&…`, percent-encoded UTF-8; of several values for one name the last counts. @throws AuthError `parse_error` */
export function parseForm(bytes: Uint8Array): ParsedBody {
  let pairs = 1
  for (const octet of bytes) {
    if (octet === 0x26 && ++pairs > MAX_MEMBERS)
      throw new AuthError('parse_error', 'a form of too many fields')
  }
  // URLSearchParams would drop a question mark at the start; an empty pair in front of it says nothing.
  return collectFields(
    new Map(new URLSearchParams(`&${Buffer.from(bytes).toString('utf8')}`)),
  )
}
