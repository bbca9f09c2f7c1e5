import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface Reply {
  readonly status: number
  /** The status line and the headers. */
  readonly head: string
  readonly body: string
}

/**
 * A client that uses little processor time: requests are encoded beforehand, and only status, length and body of a response are
 * parsed. It sends one request at a time, and keeps the connection alive.
 */
export class Client {
  readonly #port: number
  #socket: Socket | undefined
  #received = ''
  #done: ((reply: Reply) => void) | undefined
  #failed: ((error: Error) => void) | undefined

  constructor(port: number) {
    this.#port = port
  }

  async ask(request: string): Promise<Reply> {
    const socket = this.#socket ?? (await this.#open())
    return new Promise((resolve, reject) => {
      this.#done = resolve
      this.#failed = reject
      socket.write(request, 'latin1')
    })
  }

  close(): void {
    this.#done = undefined
    this.#failed = undefined
    this.#socket?.destroy()
    this.#socket = undefined
  }

  async #open(): Promise<Socket> {
    const socket = connect(this.#port, '127.0.0.1').setNoDelay().setEncoding('latin1')
    await once(socket, 'connect')
    socket.on('data', (text) => this.#read(text as unknown as string))
    socket.on('error', (error) => this.#failed?.(error))
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined
      if (this.#done !== undefined)
        this.#failed?.(new Error('the connection was closed before the answer'))
    })
    this.#socket = socket
    return socket
  }

  #read(text: string): void {
    this.#received += text
    const end = this.#received.indexOf('\r\n\r\n')
    if (end === -1) return
    const head = this.#received.slice(0, end)
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
    if (this.#received.length < end + 4 + length) return
    const reply = {
      status: Number(head.slice(9, 12)),
      head,
      body: this.#received.slice(end + 4),
    }
    this.#received = ''
    const done = this.#done
    this.#done = undefined
    if (/\r\nconnection: close/i.test(head)) this.close()
    done?.(reply)
  }
}

/** Sends `count` requests; each connection sends its next one after a response. @throws if a status is not 200 */
export async function send(
  clients: readonly Client[],
  count: number,
  request: (index: number) => string,
) {
  let next = 0
  const work = async (client: Client): Promise<void> => {
    while (next < count) {
      const { status, body } = await client.ask(request(next++))
      if (status !== 200) throw new Error(`the answer was ${status}: ${body}`)
    }
  }
  await Promise.all(clients.map(work))
}

export const clientsOf = (port: number, connections: number): readonly Client[] =>
  Array.from({ length: connections }, () => new Client(port))

export const get = (
  path: string,
  headers: Readonly<Record<string, string>> = {},
): string => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${lines(headers)}\r\n`

export const post = (
  path: string,
  body: object | undefined,
  more: Readonly<Record<string, string>> = {},
): string => {
  const text = body === undefined ? '' : JSON.stringify(body)
  const headers = {
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
    'Content-Length': String(Buffer.byteLength(text)),
    ...more,
  }
  return `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${lines(headers)}\r\n${text}`
}

const lines = (headers: Readonly<Record<string, string>>): string =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
