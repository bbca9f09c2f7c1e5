import { checkPolicy } from '../signatures/verify-signature.ts'
import { outgoing, type RequestToSign } from './message.ts'
import {
  checkBody,
  checkSignature,
  finderOf,
  onlySignature,
  policyOf,
  type VerifierOptions,
} from './verification.ts'

/** Options of `responseVerifier()`. */
export interface ResponseVerifierOptions extends VerifierOptions {
  /**
   * What each signature must cover; with a body, `content-digest` besides. Default: `@status`, and of the request that is answered
   * `"@method";req` and `"@target-uri";req`.
   */
  readonly components?: readonly string[]
}

/** Who has signed an answer. */
export interface VerifiedResponse {
  readonly keyId: string
  readonly tag: string | undefined
  /** Seconds since 1970. */
  readonly created: number
}

const COMPONENTS = ['@status', '"@method";req', '"@target-uri";req']

/**
 * Makes a function that checks signed answers (RFC 9421). It reads a copy of the body; the program can still read the answer.
 *
 * The function throws SignatureError if an answer is not signed as the options say, or is that of another request.
 *
 * @throws TypeError if an option cannot be used
 */
export function responseVerifier(
  options: ResponseVerifierOptions,
): (answer: Response, request: RequestToSign) => Promise<VerifiedResponse> {
  const { components = COMPONENTS, clock = () => Date.now() / 1000 } = options
  const policy = policyOf(options, components, ['created', 'keyid'])
  const find = finderOf(options.keys)
  return async (answer, request) => {
    const { status } = answer
    const fields = [...answer.headers]
    const signature = onlySignature(fields, policy.tag)
    checkPolicy(signature, policy, clock())
    const { keyid: keyId = '', created = 0, tag } = signature
    const message = { status, fields, request: outgoing(request) }
    await checkSignature(signature, [message], await find(keyId))
    await checkBody(signature, fields, new Uint8Array(await answer.clone().arrayBuffer()))
    return { keyId, tag, created }
  }
}
