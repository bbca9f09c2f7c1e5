import type { Changes } from './change.ts'
import { JSONS } from './changes-of-json.ts'
import { CLAIMS, HEADERS } from './changes-of-members.ts'
import { SIGNATURES } from './changes-of-signatures.ts'
import { TEXTS } from './changes-of-texts.ts'

/** All changes by name, from single members to the finished token. */
export const CHANGES: Changes = {
  ...HEADERS,
  ...CLAIMS,
  ...JSONS,
  ...SIGNATURES,
  ...TEXTS,
}
