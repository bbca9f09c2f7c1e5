import { oneOfFields } from '../../http/description.ts'
import type { Fields } from '../../http/fields.ts'
import type { JsonSchema } from '../../http/json-schema.ts'
import type { ParsedBody } from '../../http/parsed-body.ts'
import type { CodePurpose } from '../codes/purposes.ts'
import type { CodeAttempt } from '../codes/redeem.ts'
import {
  type AccountName,
  type NameField,
  nameFields,
  nameIn,
  TEXT,
  targetOf,
} from './account-name.ts'

/** What proves that a client has received a message: the token of a link, or digits and the name that they were asked for with. */
export type CodeProof =
  | { readonly token: string }
  | { readonly name: AccountName; readonly code: string }

/** @param binding what the code was bound to at the request */
export const attemptOf = (
  purpose: CodePurpose,
  proof: CodeProof,
  binding?: string,
): CodeAttempt => {
  const bound = { purpose, ...(binding !== undefined && { binding }) }
  if ('token' in proof) return { ...bound, secret: proof.token }
  return { ...bound, secret: proof.code, target: targetOf(proof.name) }
}

// Not trimmed: digits with a blank are others.
const SECRET = { trim: false, maxBytes: 512 } as const

/** The fields of a proof: `token`, or `code` and a name. */
export function proofFields<Field extends NameField>(
  allowed: readonly Field[],
  body: ParsedBody,
): Fields<Field | 'token' | 'code'> {
  const { values } = body
  if (!values.has('code') || values.has('token'))
    return { token: SECRET } as Fields<Field | 'token' | 'code'>
  return { ...nameFields(allowed, body), code: SECRET } as Fields<
    Field | 'token' | 'code'
  >
}

/** The bodies that `proofFields` reads. */
export const proofBody = (
  allowed: readonly NameField[],
  others: Fields = {},
): JsonSchema =>
  oneOfFields(
    { token: SECRET, ...others },
    ...allowed.map((field) => ({ [field]: TEXT, code: SECRET, ...others })),
  )

/** The proof among fields of `proofFields`. */
export function proofIn(
  fields: Readonly<Partial<Record<NameField | 'token' | 'code', string>>>,
): CodeProof {
  if (fields.token === undefined) return { name: nameIn(fields), code: fields.code ?? '' }
  return { token: fields.token }
}
