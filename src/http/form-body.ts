import { Refusal } from '../base/errors.ts'
import { MEMBERS, type Sent, sentOnce } from './parsed-body.ts'

/** `name=value&…`, percent-encoded UTF-8; of several values for one name the last counts. @throws Refusal `parse_error` */
export function parseForm(octets: Uint8Array): Sent {
  let pairs = 1
  for (const octet of octets) {
    if (octet === 0x26 && ++pairs > MEMBERS) throw new Refusal('parse_error', 'a form of too many fields')
  }
  // URLSearchParams would drop a question mark at the start; an empty pair in front of it says nothing.
  return sentOnce(new Map(new URLSearchParams(`&${Buffer.from(octets).toString('utf8')}`)))
}
