import type { Changes } from './change.ts'
import { JSONS } from './changes-of-json.ts'
import { CLAIMS, HEADERS } from './changes-of-members.ts'
import { SIGNATURES } from './changes-of-signatures.ts'
import { TEXTS } from './changes-of-texts.ts'

/** Everything that is done to tokens, by name: from their members to their text. */
export const CHANGES: Changes = {
  ...HEADERS,
  ...CLAIMS,
  ...JSONS,
  ...SIGNATURES,
  ...TEXTS,
}
