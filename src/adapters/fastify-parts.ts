import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AuthReply } from '../http/request.ts'
import { partsFor } from './node-request.ts'

/** The parts of a request and its reply that the adapter uses. */
export type RequestParts = Pick<FastifyRequest, 'originalUrl' | 'url' | 'body'> & {
  readonly routeOptions: { readonly url?: string | undefined }
  readonly raw: object
  auth?: unknown
}
export type ReplyParts = Pick<FastifyReply, 'sent' | 'callNotFound'> & {
  getHeader(name: string): unknown
  code(status: number): unknown
  header(name: string, value: unknown): unknown
  send(body?: Uint8Array | Readable): unknown
}
export type Hook = (
  request: RequestParts,
  reply: ReplyParts,
  done: (error?: Error) => void,
) => void
export type Handle = (this: unknown, request: RequestParts, reply: ReplyParts) => unknown

/** Node's request. HTTP/2 has a type of its own, with the same members. */
export const rawRequestOf = ({ raw }: RequestParts): IncomingMessage =>
  raw as IncomingMessage

/** Node's response, which Fastify's reply does not name. */
export const rawResponseOf = (reply: ReplyParts): ServerResponse =>
  (reply as unknown as { readonly raw: ServerResponse }).raw

interface RouterOptions {
  readonly ignoreTrailingSlash?: boolean
}
/** Whether `/a` and `/a/` are one route. */
export const ignoresLastSlash = (
  options: RouterOptions & { readonly routerOptions?: RouterOptions },
): boolean =>
  (options.routerOptions?.ignoreTrailingSlash ?? options.ignoreTrailingSlash) === true

/** Sends a reply through Fastify, so that its hooks see it. */
export function answerWith(reply: ReplyParts, answered: AuthReply): unknown {
  const { status, headers, body, parts } = answered
  if (reply.sent) return reply
  reply.code(status)
  for (const [name, fields] of Map.groupBy(headers, ([name]) => name)) {
    const values = fields.map(([, value]) => value)
    reply.header(name, values.length === 1 ? values[0] : values)
  }
  if (status === 204) return reply.send()
  if (status === 413) reply.header('Connection', 'close')
  if (parts !== undefined) return reply.send(partsFor(rawResponseOf(reply).req, answered))
  // Bytes, because Fastify adds a charset to strings, which JSON does not have (RFC 8259 §11).
  return reply.send(Buffer.from(body))
}
