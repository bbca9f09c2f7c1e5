import { once } from 'node:events'
import { type Agent, type IncomingMessage, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { ADA, type ServerProcess } from './process.ts'

export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly ms: number
}

export interface Asked {
  readonly method?: string
  /** A list of values for a repeated header. */
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string | Uint8Array | undefined
  readonly agent?: Agent | false
}

/** Sends a request as any HTTP client does, with any bytes. */
export async function ask(
  { port }: Pick<ServerProcess, 'port'>,
  path: string,
  { method = 'POST', headers = {}, body, agent = false }: Asked = {},
): Promise<Answer> {
  const began = performance.now()
  const outgoing = request({ host: '127.0.0.1', port, path, method, headers, agent })
  outgoing.on('error', () => undefined)
  outgoing.end(body)
  const [response] = (await once(outgoing, 'response', {
    signal: AbortSignal.timeout(120_000),
  })) as [IncomingMessage]
  const text = Buffer.concat(await response.toArray()).toString()
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: text,
    ms: performance.now() - began,
  }
}

export const askJson = (
  server: Pick<ServerProcess, 'port'>,
  path: string,
  body: unknown,
  agent?: Agent,
) =>
  ask(server, path, {
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    ...(agent === undefined ? {} : { agent }),
  })

export interface Pair {
  readonly access: string
  readonly refresh: string
}

export async function signIn(server: Pick<ServerProcess, 'port'>): Promise<Pair> {
  const { status, body } = await askJson(server, '/api/token/', ADA)
  if (status !== 200) throw new Error(`signing in was answered with ${status}: ${body}`)
  return JSON.parse(body) as Pair
}

export function dial(port: number): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  return socket
}

/** Everything that the server sends until it closes the connection. */
export async function untilClosed(socket: Socket): Promise<string> {
  let received = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text
  })
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
  return received
}

/** The 99th percentile. */
export function p99(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * 0.99) - 1)] ?? Number.NaN
}

/**
 * For measurements in milliseconds: a busy machine is slow in some rounds, a slow server in all of them.
 */
export async function inOneRoundOf(
  rounds: number,
  round: () => Promise<void>,
): Promise<void> {
  for (let i = 1; ; i++) {
    try {
      return await round()
    } catch (error) {
      if (i === rounds) throw error
    }
  }
}

/**
 * A bound in milliseconds for an idle machine, or three times what the control took if this one is busy.
 *
 * @param control milliseconds of the same requests to a server that is not attacked
 */
export const boundOf = (bound: number, control: number): number =>
  Math.max(bound, 3 * control)
