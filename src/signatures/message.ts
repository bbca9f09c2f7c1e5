/** A field line as sent: a name in any case, and its value as Latin-1 text. */
export type Field = readonly [name: string, value: string]

export interface SignedRequest {
  /** As sent: it is case-sensitive (RFC 9110 §9.1). */
  readonly method: string
  /**
   * Scheme and authority under which clients know the server, as `URL.origin` has them: in lower case, and without the port that the scheme
   * has by default.
   */
  readonly origin: string
  /** The target of the request line: path and query as sent. */
  readonly target: string
  /** In the order in which they were sent; repeated ones are not joined. */
  readonly fields: readonly Field[]
}

export interface SignedResponse {
  readonly status: number
  readonly fields: readonly Field[]
  /** The request that is answered, for components with the parameter `req`. */
  readonly request?: SignedRequest | undefined
}

export type SignedMessage = SignedRequest | SignedResponse

export const isResponse = (message: SignedMessage): message is SignedResponse =>
  'status' in message

/** Why a message cannot be signed, or its signature is not valid. */
export class SignatureError extends Error {
  override readonly name = 'SignatureError'
}

/** Each value of a field, without the white space around it and without obsolete folding (RFC 9421 §2.1). */
export const fieldValues = (fields: readonly Field[], name: string): readonly string[] =>
  fields.filter(([each]) => each.toLowerCase() === name).map(([, value]) => plain(value))

const plain = (value: string): string =>
  value.includes('\n') ? value.replace(FOLDING, ' ').trim() : value.trim()

const FOLDING = /\r?\n[ \t]+/g

/** The combined value of a field (RFC 9110 §5.3); `undefined` if the message does not have it. */
export function fieldValue(fields: readonly Field[], name: string): string | undefined {
  let combined: string | undefined
  for (const [each, value] of fields) {
    if (each.toLowerCase() !== name) continue
    combined = combined === undefined ? plain(value) : `${combined}, ${plain(value)}`
  }
  return combined
}
