import type { IncomingMessage } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AuthReply } from '../http/request.ts'

/** The parts of a request and its reply that are looked at here. */
export type Asked = Pick<FastifyRequest, 'originalUrl' | 'url' | 'body'> & {
  readonly raw: object
  auth?: unknown
}
export type Answering = Pick<FastifyReply, 'sent' | 'callNotFound'> & {
  code(status: number): unknown
  header(name: string, value: unknown): unknown
  send(body: Uint8Array): unknown
}
export type Hook = (
  request: Asked,
  reply: Answering,
  done: (error?: Error) => void,
) => void
export type Handle = (this: unknown, request: Asked, reply: Answering) => unknown

/** HTTP/2 has its own kind of message, with all that is read of it. */
export const messageOf = ({ raw }: Asked): IncomingMessage => raw as IncomingMessage

interface RouterOptions {
  readonly ignoreTrailingSlash?: boolean
}
/** Whether `/a` and `/a/` are one route. */
export const ignoresLastSlash = (
  options: RouterOptions & { readonly routerOptions?: RouterOptions },
): boolean =>
  (options.routerOptions?.ignoreTrailingSlash ?? options.ignoreTrailingSlash) === true

/** Sends an answer of ours as a reply of Fastify's, so that its hooks see it. */
export function answerWith(
  reply: Answering,
  { status, headers, body }: AuthReply,
): unknown {
  if (reply.sent) return reply
  reply.code(status)
  for (const [name, told] of Map.groupBy(headers, ([name]) => name)) {
    reply.header(name, told.length === 1 ? told[0]?.[1] : told.map(([, value]) => value))
  }
  if (status === 413) reply.header('Connection', 'close')
  // To text Fastify adds a charset, which JSON has not (RFC 8259 §11).
  return reply.send(Buffer.from(body))
}
