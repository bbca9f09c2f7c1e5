import type { Awaitable } from '../base/awaitable.ts'
import { BODY_TYPES, parseBody } from './body.ts'
import { type Fields, parseFields } from './fields.ts'
import { ANSWER_TYPE, negotiate } from './negotiation.ts'
import type { ParsedBody } from './parsed-body.ts'
import { type Header, jsonReply, methodNotAllowed, replyToThrown } from './reply.ts'
import type { AuthReply, AuthRequest } from './request.ts'

/** One endpoint, told once. */
export interface Endpoint {
  readonly name: string
  readonly method: 'POST'
  /** The text fields of its body; which they are may depend on what was sent. */
  readonly fields: Fields | ((sent: ParsedBody) => Fields)
  /** @param setCookie adds a cookie to the answer, if it is a 200 */
  handle(
    fields: Readonly<Record<string, string>>,
    request: AuthRequest,
    setCookie: SetCookie,
  ): Awaitable<object>
}

export type SetCookie = (cookie: string) => void

/** An endpoint of known fields: its handler is given each by its name. */
export const endpoint = <Name extends string>(told: {
  readonly name: string
  readonly method: 'POST'
  readonly fields: Fields<Name>
  handle(
    fields: Readonly<Record<Name, string>>,
    request: AuthRequest,
    setCookie: SetCookie,
  ): Awaitable<object>
}): Endpoint => told

export interface EndpointContext {
  /** The challenge of a 401. */
  readonly challenge: string
  /** Told of what was not a refusal. Whatever it throws is dropped. */
  readonly failed: (error: unknown, request: AuthRequest) => void
  /** Counts the request by the throttles that the endpoints have. @throws AuthError `throttled` */
  readonly count?: (request: AuthRequest) => Awaitable<void>
}

/**
 * Answers a request, in the order of specification 0.4: the first step that refuses gives the answer. The endpoints have
 * no schemes and no permissions, so `Authorization` is not even read. Never rejects.
 *
 * @returns for HEAD the body too: whoever sends it sends its length alone (RFC 9110 §9.3.2)
 */
export async function handleEndpoint(
  endpoint: Endpoint,
  request: AuthRequest,
  { challenge, failed, count }: EndpointContext,
): Promise<AuthReply> {
  const headers: readonly Header[] = [['Allow', `${endpoint.method}, OPTIONS`]]
  let indent = 0
  try {
    indent = negotiate(request)
    await count?.(request)
    if (request.method === 'OPTIONS')
      return jsonReply(200, description(endpoint), { headers, indent })
    if (request.method !== endpoint.method) throw methodNotAllowed(request.method)
    const sent = await parseBody(request)
    const shape =
      typeof endpoint.fields === 'function' ? endpoint.fields(sent) : endpoint.fields
    const fields = parseFields(shape, sent)
    const cookies: Header[] = []
    const body = await endpoint.handle(
      fields,
      request,
      (cookie) => void cookies.push(['Set-Cookie', cookie]),
    )
    return jsonReply(200, body, { headers: [...headers, ...cookies], indent })
  } catch (error) {
    return replyToThrown(error, challenge, (fault) => failed(fault, request), {
      headers,
      indent,
    })
  }
}

const description = ({ name }: Endpoint): object => ({
  name,
  renders: [ANSWER_TYPE],
  parses: BODY_TYPES,
})
