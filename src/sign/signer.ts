import type { RequestToSign } from './message.ts'

/** What signing a request adds to it. */
export interface SigningResult {
  /** The fields to set: they replace those of the same name. */
  readonly headers: Readonly<Record<string, string>>
  /** The text that was signed, to compare with the one that a server expects. It contains no secret. */
  readonly signed: string
}

/** Signs requests: `httpSignature()`, `hawk()`, `dpop()`. */
export interface Signer {
  /** For programs that send requests without `fetch`. @throws SignatureError if the request cannot be signed */
  sign(request: RequestToSign): Promise<SigningResult>
  /**
   * Reads what an answer says to the client of its scheme, such as another nonce.
   *
   * @returns whether the request must be signed again and sent once more
   * @throws SignatureError if the answer must be signed, and is not
   */
  readAnswer?(
    answer: Response,
    request: RequestToSign,
    result: SigningResult,
  ): Promise<boolean>
}
