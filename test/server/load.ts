import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

export interface LoadTerms {
  /** Who is asked, in this order: where one refuses to be connected to, the next is. */
  readonly ports: () => readonly number[]
  /** Requests a second, of all clients. */
  readonly rate: number
  /** Clients that keep their connection. */
  readonly keeping: number
  /** Clients that make a new connection for each request. */
  readonly fresh: number
  readonly access: string
}

/** Requests under way all the time, and what became of them. */
export interface Load {
  readonly answered: number
  /** How each of those ended that had no whole answer with 200. */
  readonly lost: readonly string[]
  /**
   * How many new connections were reset before anything was answered, as the kernel does with those that it has taken and the
   * server has not, when the server shuts its door. Each is asked again elsewhere, as any client may do.
   */
  readonly atTheDoor: number
  /** How many met nobody at all. */
  readonly refused: number
  /** Until the last of them has ended. @returns requests a second */
  stop(): Promise<number>
}

const AT_THE_DOOR = 'reset at the door'

/** Milliseconds after which nobody believes in an answer any more. */
const PATIENCE = 15_000

export function load({ ports, rate, keeping, fresh, access }: LoadTerms): Load {
  const seen = { answered: 0, lost: [] as string[], atTheDoor: 0, refused: 0 }
  let isOver = false
  const pace = ((keeping + fresh) * 1000) / rate
  const began = performance.now()

  const client = async (agent: Agent | false, index: number): Promise<void> => {
    // Not all at the same moment.
    await sleep((pace * index) / (keeping + fresh))
    while (!isOver) {
      const next = performance.now() + pace
      await ask(agent)
      await sleep(Math.max(0, next - performance.now()))
    }
    if (agent !== false) agent.destroy()
  }
  const ask = async (agent: Agent | false): Promise<void> => {
    for (const port of ports()) {
      const how = await once({
        port,
        agent,
        path: '/hello/',
        headers: { authorization: `Bearer ${access}` },
      })
      if (how === 'ECONNREFUSED') continue
      if (how === AT_THE_DOOR) {
        seen.atTheDoor++
        continue
      }
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
    get atTheDoor() {
      return seen.atTheDoor
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

/** Sends one request. @returns its status, where the answer was whole; else what happened */
export const once = (options: RequestOptions, body?: string): Promise<string> =>
  whole(options, body).then(({ how }) => how)

/** The same, with the answer's text. */
export const whole = (
  options: RequestOptions,
  body?: string,
): Promise<{ how: string; text: string }> =>
  new Promise((resolve) => {
    const outgoing = request({ host: '127.0.0.1', ...options })
    const patience = setTimeout(() => outgoing.destroy(new Error('no answer')), PATIENCE)
    const end = (how: string, text = ''): void => {
      clearTimeout(patience)
      resolve({ how, text })
    }
    outgoing.on('error', ({ code, message }: NodeJS.ErrnoException) => {
      const isNew = !outgoing.reusedSocket
      end(isNew && code === 'ECONNRESET' ? AT_THE_DOOR : (code ?? message))
    })
    outgoing.on('response', (response: IncomingMessage) => {
      const pieces: Buffer[] = []
      response
        .on('data', (piece: Buffer) => pieces.push(piece))
        .on('error', () => undefined)
      response.on('close', () =>
        end(
          response.complete ? String(response.statusCode) : 'half an answer',
          Buffer.concat(pieces).toString(),
        ),
      )
    })
    outgoing.end(body)
  })
