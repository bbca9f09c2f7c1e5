import type { Awaitable } from '../base/awaitable.ts'
import { after, type UnixSeconds } from '../base/clock.ts'
import { targetOfUrl } from '../base/request-target.ts'
import { memoryOnce } from '../proofs/memory-once.ts'
import { SignatureError, type SignedRequest } from '../signatures/message.ts'
import { publicTargetsOf } from '../signatures/public-target.ts'
import { checkPolicy } from '../signatures/verify-signature.ts'
import { bytesOf } from './message.ts'
import {
  checkBody,
  checkSignature,
  finderOf,
  onlySignature,
  policyOf,
  type VerifierOptions,
} from './verification.ts'

/** Options of `requestVerifier()`. */
export interface RequestVerifierOptions extends VerifierOptions {
  /** The public address of the receiver, such as `"https://hooks.example.com"`. The header `Host` is not read. */
  readonly url: string
  /** What each signature must cover; with a body, `content-digest` besides. Default: `@method`, `@target-uri`. */
  readonly components?: readonly string[]
  /** Whether a signature needs a nonce, with which it is accepted once. Default true. */
  readonly nonce?: boolean
  /**
   * Records that a nonce was used, and says whether that was the first time. Default: in the memory of this process. Several processes need
   * a place that they share, such as `SET NX` of Redis.
   *
   * @param until when it may be forgotten, in seconds since 1970
   */
  readonly use?: (id: string, until: number) => Awaitable<boolean>
}

/** A request as a server has received it: `Request`, or the parts of another one, with the bytes of its body. */
export interface ReceivedRequest {
  readonly method?: string | undefined
  /** Absolute, or path and query. */
  readonly url?: string | undefined
  readonly headers:
    | Headers
    | Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body?: string | Uint8Array | undefined
}

/** Who has signed a request. */
export interface VerifiedRequest {
  readonly keyId: string
  /** The bytes that were signed. */
  readonly body: Uint8Array
  readonly tag: string | undefined
  /** Seconds since 1970. */
  readonly created: number
}

/**
 * Makes a function that checks signed requests (RFC 9421), for services without an instance of watchword, such as receivers of webhooks.
 *
 * The function throws SignatureError if a request is not signed as the options say: answer 401 then. What `keys` and `use` throw, it
 * throws, too.
 *
 * @throws TypeError if an option cannot be used
 */
export function requestVerifier(
  options: RequestVerifierOptions,
): (request: Request | ReceivedRequest) => Promise<VerifiedRequest> {
  const { url, nonce = true, clock = () => Date.now() / 1000 } = options
  const { components = ['@method', '@target-uri'], use = useInMemory(clock) } = options
  const params = ['created', 'keyid', ...(nonce ? (['nonce'] as const) : [])] as const
  const policy = policyOf(options, components, params)
  const targetsOf = publicTargetsOf(url)
  const find = finderOf(options.keys)

  return async (request) => {
    const body = await bodyOf(request)
    const message = messageOf(request)
    const signature = onlySignature(message.fields, policy.tag)
    checkPolicy(signature, policy, clock())
    const { keyid: keyId = '', created = 0, tag } = signature
    const messages = targetsOf(message.target).map((target) => ({
      ...message,
      ...target,
    }))
    await checkSignature(signature, messages, await find(keyId))
    await checkBody(signature, message.fields, body)
    if (signature.nonce !== undefined) {
      const until = after(created as UnixSeconds, policy.maxAge)
      const isFirst = await use(JSON.stringify([keyId, signature.nonce]), until)
      if (!isFirst) throw new SignatureError('The nonce was used before.')
    }
    return { keyId, body, tag, created }
  }
}

function useInMemory(clock: () => number) {
  const once = memoryOnce()
  return (id: string, until: number) =>
    once.use(id, until as UnixSeconds, clock() as UnixSeconds)
}

async function bodyOf(request: Request | ReceivedRequest) {
  if (!(request instanceof Request)) return bytesOf(request.body) ?? new Uint8Array()
  // The program can still read it.
  return new Uint8Array(await request.clone().arrayBuffer())
}

/** Its origin is not known yet. */
function messageOf({
  method = 'GET',
  url = '/',
  headers,
}: Request | ReceivedRequest): SignedRequest {
  const fields =
    headers instanceof Headers
      ? [...headers]
      : Object.entries(headers).flatMap(([name, value = []]) =>
          [value].flat().map((each): [string, string] => [name, each]),
        )
  return { method, origin: '', target: targetOfUrl(url), fields }
}
