import { once } from 'node:events'
import { connect } from 'node:net'
import type { Adapter } from './adapter.ts'
import { PASSWORD, type SeededDatabase } from './seed.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed body; `undefined` if it is not JSON. */
  readonly body: unknown
}

/** A client of an adapter's program. */
export class Client {
  readonly url: string
  readonly ada: string
  readonly bob: string
  readonly adasApiToken: string
  readonly errors: Adapter['errors']

  constructor(
    url: string,
    { ada, bob, adasApiToken }: SeededDatabase,
    { errors }: Adapter,
  ) {
    this.url = url
    this.ada = ada
    this.bob = bob
    this.adasApiToken = adasApiToken
    this.errors = errors
  }

  async send(
    method: string,
    path: string,
    init: Omit<RequestInit, 'method'> = {},
  ): Promise<Answer> {
    const response = await fetch(this.url + path, { redirect: 'manual', ...init, method })
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: jsonIn(text),
    }
  }

  get(path: string, authorization?: string): Promise<Answer> {
    return this.send('GET', path, {
      headers: authorization === undefined ? {} : { authorization },
    })
  }

  post(
    path: string,
    body: object,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const init = {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    }
    return this.send('POST', path, init)
  }

  /** Signs ada in. */
  async signIn(): Promise<{ readonly access: string; readonly refresh: string }> {
    return (await this.post('/api/token/', { username: 'ada', password: PASSWORD }))
      .body as never
  }

  /** Sends raw bytes and reads until the server closes: the request has `Connection: close`. */
  async raw(text: string): Promise<string> {
    const { hostname, port, pathname } = new URL(this.url)
    const socket = connect(Number(port), hostname)
    socket.setTimeout(60_000, () =>
      socket.destroy(new Error('the server does not close the connection')),
    )
    socket.write(text.replaceAll('{base}', pathname.replace(/\/$/, '')))
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    await once(socket, 'close')
    return Buffer.concat(chunks).toString('latin1')
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
