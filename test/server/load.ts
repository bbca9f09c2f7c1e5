import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { LIMITS } from '../../src/server/connection-limits.ts'
import { detectHang } from '../hang.ts'

export interface LoadTerms {
  /** The next one is tried if a port refuses the connection. */
  readonly ports: () => readonly number[]
  /** Requests per second of all clients together. */
  readonly rate: number
  /** Clients that keep their connection. */
  readonly keeping: number
  /** Clients that open a connection for each request. */
  readonly fresh: number
  readonly access: string
}

/** A steady stream of requests, and their outcomes. */
export interface Load {
  readonly answered: number
  /** The outcomes of requests without a complete response with 200. */
  readonly lost: readonly string[]
  /**
   * New connections that were reset before a response: the kernel does that to connections which the server has not accepted
   * when it stops listening. The request is repeated on the next port, as any client may do.
   */
  readonly resetEarly: number
  /**
   * Kept connections that were closed after their client had sent nothing for longer than a stopping server keeps them open.
   * The request is repeated (RFC 9112 §9.3.1).
   */
  readonly tooLate: number
  /** Responses 503: on a busy machine a connection to the database takes long. The request is repeated. */
  readonly unavailable: number
  /** Requests that every port refused. */
  readonly refused: number
  /** Ends after the last request. @returns requests per second */
  stop(): Promise<number>
}

const RESET_EARLY = 'reset before it was accepted'

/** Milliseconds on an idle machine. */
const RESPONSE_TIMEOUT = 15_000

export function load({ ports, rate, keeping, fresh, access }: LoadTerms): Load {
  const seen = {
    answered: 0,
    lost: [] as string[],
    resetEarly: 0,
    tooLate: 0,
    unavailable: 0,
    refused: 0,
  }
  let isOver = false
  const pace = ((keeping + fresh) * 1000) / rate
  const began = performance.now()

  const client = async (agent: Agent | false, index: number): Promise<void> => {
    // Spreads the clients over the interval.
    await sleep((pace * index) / (keeping + fresh))
    let last = performance.now()
    while (!isOver) {
      const next = performance.now() + pace
      await ask(agent, performance.now() - last)
      last = performance.now()
      await sleep(Math.max(0, next - performance.now()))
    }
    if (agent !== false) agent.destroy()
  }
  /** @param silent milliseconds since the client was answered last */
  const ask = async (agent: Agent | false, silent: number, tries = 1): Promise<void> => {
    for (const port of ports()) {
      const how = await once({
        port,
        agent,
        path: '/hello/',
        headers: { authorization: `Bearer ${access}` },
      })
      if (how === 'ECONNREFUSED') continue
      if (how === RESET_EARLY) {
        seen.resetEarly++
        continue
      }
      const isTooLate = how === 'ECONNRESET' && silent > LIMITS.idleGrace
      if (isTooLate) seen.tooLate++
      if (how === '503') seen.unavailable++
      if ((isTooLate || how === '503') && tries < 50) return ask(agent, 0, tries + 1)
      if (how === '200') seen.answered++
      else seen.lost.push(`${agent === false ? 'fresh' : 'kept'}: ${how}`)
      return
    }
    seen.refused++
  }
  const all = [
    ...Array.from({ length: keeping }, (_, i) =>
      client(new Agent({ keepAlive: true, maxSockets: 1 }), i),
    ),
    ...Array.from({ length: fresh }, (_, i) => client(false, keeping + i)),
  ]
  return {
    get answered() {
      return seen.answered
    },
    get lost() {
      return seen.lost
    },
    get resetEarly() {
      return seen.resetEarly
    },
    get tooLate() {
      return seen.tooLate
    },
    get unavailable() {
      return seen.unavailable
    },
    get refused() {
      return seen.refused
    },
    async stop() {
      isOver = true
      const seconds = (performance.now() - began) / 1000
      await Promise.all(all)
      return seen.answered / seconds
    },
  }
}

/** Sends one request. @returns the status of a complete response, or what happened instead */
export const once = (options: RequestOptions, body?: string): Promise<string> =>
  whole(options, body).then(({ how }) => how)

/** The same, with the text of the response. */
export const whole = (
  options: RequestOptions,
  body?: string,
): Promise<{ how: string; text: string }> =>
  new Promise((resolve) => {
    const outgoing = request({ host: '127.0.0.1', ...options })
    const cancel = detectHang(RESPONSE_TIMEOUT, () =>
      outgoing.destroy(new Error('no response')),
    )
    const end = (how: string, text = ''): void => {
      cancel()
      resolve({ how, text })
    }
    outgoing.on('error', ({ code, message }: NodeJS.ErrnoException) => {
      const isNew = !outgoing.reusedSocket
      end(isNew && code === 'ECONNRESET' ? RESET_EARLY : (code ?? message))
    })
    outgoing.on('response', (response: IncomingMessage) => {
      const pieces: Buffer[] = []
      response
        .on('data', (piece: Buffer) => pieces.push(piece))
        .on('error', () => undefined)
      response.on('close', () =>
        end(
          response.complete ? String(response.statusCode) : 'an incomplete response',
          Buffer.concat(pieces).toString(),
        ),
      )
    })
    outgoing.end(body)
  })
