import * as z from 'zod/mini'
import type { SessionId } from '../../sessions/session.ts'
import type { Change } from '../../sessions/watch.ts'
import type { RedisAddress } from './address.ts'
import type { Library } from './library.ts'
import type { RedisConnection } from './redis-connection.ts'

/** Publishes the changes of this process and receives those of others. A lost message is found later in the store. */
export interface ChangeFeed {
  /** Called after the change is durable; not awaited. */
  publish(change: Change): void
  listen(listener: (change: Change) => void): { stop(): void }
  close(): void
}

const Message = z.object({
  from: z.string(),
  change: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('revoked'),
      sessions: z.array(z.custom<SessionId>((id) => typeof id === 'string')),
    }),
    z.object({ kind: z.literal('keys') }),
    z.object({ kind: z.literal('anything') }),
  ]),
})

const SESSIONS_PER_MESSAGE = 1000

const UNKNOWN_CHANGE: Change = { kind: 'anything' }

/** @param id of this process, which ignores its own messages */
export function openChangeFeed(
  address: RedisAddress,
  id: string,
  library: Library,
  connection: RedisConnection,
): ChangeFeed {
  const channel = `${address.prefix}changes`
  const listeners = new Set<(change: Change) => void>()
  const notify = (change: Change | undefined): void => {
    if (change === undefined) return
    for (const listener of listeners) listener(change)
  }
  const subscriber = library.subscriber(address, channel, {
    message: (text) => notify(parseMessage(text, id)),
    subscribed: () => notify(UNKNOWN_CHANGE),
  })
  return {
    publish(change) {
      for (const part of messagesOf(change)) {
        const message = JSON.stringify({ from: id, change: part })
        void connection.ask((redis) => redis.publish(channel, message))
      }
    },
    listen(listener) {
      listeners.add(listener)
      return { stop: () => listeners.delete(listener) }
    },
    close: () => subscriber.close(),
  }
}

function messagesOf(change: Change): readonly Change[] {
  if (change.kind !== 'revoked') return [change]
  const { sessions } = change
  const count = Math.ceil(sessions.length / SESSIONS_PER_MESSAGE)
  return Array.from({ length: count }, (_, index) => {
    const start = index * SESSIONS_PER_MESSAGE
    return {
      kind: 'revoked',
      sessions: sessions.slice(start, start + SESSIONS_PER_MESSAGE),
    }
  })
}

/**
 * An unreadable message, as another version may send, stands for any change.
 *
 * @returns `undefined` for a message of this process
 */
export function parseMessage(text: string, id: string): Change | undefined {
  const { data } = Message.safeParse(parsedJson(text))
  if (data === undefined) return UNKNOWN_CHANGE
  if (data.from === id) return undefined
  return data.change
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
