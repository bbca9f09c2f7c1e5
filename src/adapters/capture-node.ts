import type { ServerResponse } from 'node:http'
import { CAPTURE_LIMITS, type Captured, HeldBytes, isShown } from '../guard/rendering.ts'
import type { AuthReply } from '../http/request.ts'
import { send } from './node-request.ts'

/**
 * Holds back the answer of a handler to show it in a page, if it is JSON that ends within the limits. Everything else is sent on as it
 * was, in its order.
 */
export function captureNode(
  response: ServerResponse,
  pageWith: (captured: Captured) => Promise<AuthReply>,
): void {
  new NodeCapture(response, pageWith).start()
}

type Write = ServerResponse['write']
type End = ServerResponse['end']
type WriteHead = ServerResponse['writeHead']
type Rest = readonly unknown[]

class NodeCapture {
  readonly #response: ServerResponse
  readonly #pageWith: (captured: Captured) => Promise<AuthReply>
  readonly #original: {
    readonly write: Write
    readonly end: End
    readonly writeHead: WriteHead
    readonly flushHeaders: ServerResponse['flushHeaders']
  }
  readonly #chunks: Buffer[] = []
  readonly #held = new HeldBytes()
  #isSmall = true
  #timer: NodeJS.Timeout | undefined
  #isHolding = true
  /** Whether the handler has called `writeHead`: before the first byte, so that the answer has no length. */
  #hasHead = false

  constructor(
    response: ServerResponse,
    pageWith: (captured: Captured) => Promise<AuthReply>,
  ) {
    this.#response = response
    this.#pageWith = pageWith
    const { write, end, writeHead, flushHeaders } = response
    this.#original = { write, end, writeHead, flushHeaders }
  }

  start(): void {
    const response = this.#response
    this.#timer = setTimeout(() => this.#release(), CAPTURE_LIMITS.milliseconds)
    response.once('close', () => {
      clearTimeout(this.#timer)
      this.#held.release()
    })
    response.writeHead = ((...args: Rest) => this.#writeHead(args)) as WriteHead
    response.write = ((...args: Rest) => this.#write(args)) as Write
    response.end = ((...args: Rest) => this.#end(args)) as End
    response.flushHeaders = () => {
      this.#release()
      response.flushHeaders()
    }
  }

  /** The headers are kept as if they had been set one by one. */
  #writeHead([status, ...rest]: Rest): ServerResponse {
    const response = this.#response
    if (!this.#isHolding)
      return Reflect.apply(this.#original.writeHead, response, [status, ...rest])
    response.statusCode = Number(status)
    for (const each of rest) {
      if (typeof each === 'string') response.statusMessage = each
      else setHeaders(response, each)
    }
    this.#hasHead = true
    if (!this.#fits()) this.#release()
    return response
  }

  #write(args: Rest): boolean {
    // Something may have kept the function of before the release.
    if (!this.#isHolding) return Reflect.apply(this.#original.write, this.#response, args)
    this.#keep(args)
    if (!this.#fits()) this.#release()
    callbackIn(args)?.()
    return true
  }

  #end(args: Rest): ServerResponse {
    if (!this.#isHolding) return Reflect.apply(this.#original.end, this.#response, args)
    this.#keep(args)
    const callback = callbackIn(args)
    if (callback !== undefined) this.#response.once('finish', callback)
    if (this.#fits()) {
      void this.#show()
      return this.#response
    }
    const last = this.#chunks.pop()
    this.#release()
    // An answer of one part has a length.
    if (last === undefined) return this.#response.end()
    return this.#response.end(last)
  }

  #keep([chunk, encoding]: Rest): void {
    if (chunk === undefined || chunk === null || typeof chunk === 'function') return
    const bytes = bytesOf(chunk, encoding)
    this.#chunks.push(bytes)
    this.#isSmall = this.#held.add(bytes.length)
  }

  #fits(): boolean {
    const { statusCode } = this.#response
    const headerOf = (name: string): string =>
      String(this.#response.getHeader(name) ?? '')
    return this.#isSmall && isShown(statusCode, headerOf)
  }

  /** Sends on what was held back. */
  #release(): void {
    if (!this.#isHolding) return
    this.#restore()
    if (this.#hasHead) this.#response.writeHead(this.#response.statusCode)
    for (const chunk of this.#chunks.splice(0)) this.#response.write(chunk)
  }

  #restore(): void {
    this.#isHolding = false
    clearTimeout(this.#timer)
    this.#held.release()
    Object.assign(this.#response, this.#original)
  }

  async #show(): Promise<void> {
    const response = this.#response
    const { statusCode: status } = response
    const text = Buffer.concat(this.#chunks.splice(0)).toString()
    const reply = await this.#pageWith({ status, headers: headersOf(response), text })
    this.#restore()
    for (const name of ['etag', 'content-length', 'last-modified'])
      response.removeHeader(name)
    send(response, { ...reply, status })
  }
}

function setHeaders(response: ServerResponse, headers: unknown): void {
  for (const [name, value] of pairsIn(headers))
    if (value !== undefined) response.setHeader(name, value)
}

/** `writeHead` takes an object, a list of names and values, or one of pairs. */
function pairsIn(headers: unknown): readonly [string, string][] {
  if (!Array.isArray(headers))
    return Object.entries((headers ?? {}) as Record<string, string>)
  if (Array.isArray(headers[0])) return headers as [string, string][]
  const names = headers.filter((_, i) => i % 2 === 0)
  return names.map((name, i) => [String(name), String(headers[2 * i + 1])])
}

function bytesOf(chunk: unknown, encoding: unknown): Buffer {
  if (typeof chunk !== 'string') return Buffer.from(chunk as Uint8Array)
  if (typeof encoding !== 'string') return Buffer.from(chunk)
  return Buffer.from(chunk, encoding as 'utf8')
}

const headersOf = (response: ServerResponse): Captured['headers'] =>
  Object.entries(response.getHeaders()).map(([name, value]) => [
    name,
    [value].flat().join(', '),
  ])

const callbackIn = (args: Rest): (() => void) | undefined =>
  args.find((each): each is () => void => typeof each === 'function')
