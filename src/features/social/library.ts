import type * as OAuth from 'oauth4webapi'
import { AuthError } from '../../base/errors.ts'
import { optionalPeer } from '../../base/optional-peer.ts'

/** @throws AuthError `invalid_config` if the package is not installed */
export const oauthLibrary = (): Promise<typeof OAuth> =>
  optionalPeer('oauth4webapi', 'The option "social"')

/** All requests of one sign-in together, in milliseconds. */
const TIME_LIMIT = 4500

/** Longer than any answer of a provider, in bytes. */
const MAX_BYTES = 1_048_576

/** The requests of one sign-in: they share a time limit. */
export interface ProviderRequests {
  readonly signal: AbortSignal
  fetch(url: string | URL, init: RequestInit): Promise<Response>
}

/**
 * @param provider its name, for messages
 * @returns requests that throw AuthError `temporarily_unavailable` if the provider does not answer in time, or says that it cannot
 */
export function providerRequests(provider: string): ProviderRequests {
  const signal = AbortSignal.timeout(TIME_LIMIT)
  return {
    signal,
    fetch: (url, init) =>
      answered(provider, async () => {
        // A redirect could lead the request, and the secret in it, to another host.
        const response = await fetch(url, { ...init, redirect: 'manual', signal })
        return buffered(response)
      }),
  }
}

async function answered(
  provider: string,
  send: () => Promise<Response>,
): Promise<Response> {
  const response = await send().catch((error: unknown) => {
    throw unavailable(`${provider} does not answer: ${reasonOf(error)}`)
  })
  if (response.status < 500 && response.status !== 429) return response
  throw unavailable(`${provider} answers with status ${response.status}`)
}

const unavailable = (message: string): AuthError =>
  new AuthError('temporarily_unavailable', message, { retryAfter: 5 })

/** Reads the body, so that its time and size are limited. */
async function buffered(response: Response): Promise<Response> {
  const { status, headers, body } = response
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.length
    if (size > MAX_BYTES) throw new Error(`the answer is larger than ${MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  const text = [204, 205, 304].includes(status) ? null : Buffer.concat(chunks)
  return new Response(text, { status, headers })
}

/** The message of a `fetch` error is only "fetch failed"; its cause has the reason. */
function reasonOf(error: unknown): string {
  const { cause = error } = (error ?? {}) as { readonly cause?: unknown }
  return cause instanceof Error ? cause.message : String(cause)
}

/** Turns errors of the provider, or of the library that checks its answers, into `provider_refused`. Their messages are only logged. */
export async function withProviderErrors<Result>(
  provider: string,
  step: () => Promise<Result>,
): Promise<Result> {
  try {
    return await step()
  } catch (error) {
    if (error instanceof AuthError) throw error
    throw new AuthError('provider_refused', `${provider}: ${faultOf(error)}`)
  }
}

interface ProviderFault {
  readonly error?: unknown
  readonly error_description?: unknown
  readonly message?: unknown
}

/** Without the cause, which may hold tokens. */
function faultOf(fault: unknown): string {
  const { message, error, error_description } = (fault ?? {}) as ProviderFault
  const parts = [message, error, error_description]
    .filter((part) => typeof part === 'string')
    .map((part) => part.slice(0, 200).replace(/[^\x20-\x7e]/g, '?'))
  return parts.join(': ')
}
