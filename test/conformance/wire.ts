import { connect } from 'node:net'
import { connect as connectSecurely } from 'node:tls'
import { detectHang } from '../hang.ts'

/** What came back over a connection, byte for byte. */
export interface Reply {
  readonly status: number
  /** As sent: order, spelling and repetitions kept. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
}

export interface ExchangeTerms {
  /** Milliseconds on an idle machine. */
  readonly patience?: number
  /** Over TLS, without checking the certificate. */
  readonly secure?: boolean
}

/** Sends bytes to a server on this machine, and reads one response. @throws if it is not an HTTP/1.1 response */
export function exchange(
  port: number,
  bytes: Uint8Array,
  method: string,
  { patience = 10_000, secure = false }: ExchangeTerms = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const there = { port, host: '127.0.0.1' }
    const socket = secure
      ? connectSecurely({ ...there, rejectUnauthorized: false })
      : connect(there)
    const chunks: Buffer[] = []
    const done = (outcome: Reply | Error): void => {
      cancel()
      socket.destroy()
      if (outcome instanceof Error) reject(outcome)
      else resolve(outcome)
    }
    const look = (ended: boolean): void => {
      const reply = readReply(Buffer.concat(chunks), method, ended)
      if (reply !== undefined) done(reply)
      else if (ended)
        done(
          new Error(
            `the connection ended after ${Buffer.concat(chunks).length} bytes of a response`,
          ),
        )
    }
    const cancel = detectHang(patience, () =>
      done(new Error(`no answer within ${patience} ms`)),
    )
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      look(false)
    })
    socket.on('close', () => look(true))
    // A server that rejects a large body responds and closes the connection while it is still written: the response counts.
    socket.on('error', () => {})
    socket.write(bytes)
  })
}

/** The bytes of a request. `Host` and `Content-Length`, if they are not given, and `Connection: close` are added. */
export function requestText(
  port: number,
  request: {
    readonly method: string
    readonly path: string
    readonly headers?: readonly (readonly [string, string])[]
    readonly body?: Uint8Array | undefined
    readonly latin1?: boolean
  },
): Buffer {
  const { method, path, headers = [], body } = request
  const lines = [`${method} ${path} HTTP/1.1`]
  if (!headers.some(([name]) => /^host$/i.test(name)))
    lines.push(`Host: 127.0.0.1:${port}`)
  for (const [name, value] of headers) lines.push(`${name}: ${value}`)
  if (
    body !== undefined &&
    !headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name))
  ) {
    lines.push(`Content-Length: ${body.length}`)
  }
  lines.push('Connection: close', '', '')
  const head = Buffer.from(lines.join('\r\n'), request.latin1 ? 'latin1' : 'utf8')
  return body === undefined ? head : Buffer.concat([head, body])
}

export const header = (reply: Pick<Reply, 'headers'>, name: string): string | undefined =>
  reply.headers.find(([given]) => given.toLowerCase() === name)?.[1]

function readReply(bytes: Buffer, method: string, ended: boolean): Reply | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [statusLine = '', ...lines] = bytes
    .subarray(0, end)
    .toString('latin1')
    .split('\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3})(?: |$)/.exec(statusLine)?.[1] ?? Number.NaN)
  if (Number.isNaN(status))
    throw new Error(`not a status line: ${JSON.stringify(statusLine.slice(0, 80))}`)
  if (status === 100) return readReply(bytes.subarray(end + 4), method, ended)
  const headers = lines.map((line) => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const
  })
  const rest = bytes.subarray(end + 4)
  const body =
    method === 'HEAD' || status === 204 || status === 304
      ? Buffer.alloc(0)
      : bodyOf(rest, headers, ended)
  return body === undefined ? undefined : { status, headers, body }
}

function bodyOf(
  rest: Buffer,
  headers: Reply['headers'],
  ended: boolean,
): Buffer | undefined {
  if (/chunked/i.test(header({ headers }, 'transfer-encoding') ?? ''))
    return unchunked(rest)
  const length = header({ headers }, 'content-length')
  if (length === undefined) return ended ? rest : undefined
  return rest.length >= Number(length) ? rest.subarray(0, Number(length)) : undefined
}

function unchunked(rest: Buffer): Buffer | undefined {
  const chunks: Buffer[] = []
  for (let at = 0; ; ) {
    const lineEnd = rest.indexOf('\r\n', at)
    if (lineEnd === -1) return undefined
    const size = Number.parseInt(rest.toString('latin1', at, lineEnd), 16)
    const start = lineEnd + 2
    if (size === 0) return Buffer.concat(chunks)
    if (rest.length < start + size + 2) return undefined
    chunks.push(rest.subarray(start, start + size))
    at = start + size + 2
  }
}
