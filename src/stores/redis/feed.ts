import { z } from 'zod'
import type { SessionId } from '../../sessions/session.ts'
import type { Change } from '../../sessions/watch.ts'
import type { RedisAddress } from './address.ts'
import type { Library } from './client.ts'
import type { RedisConnection } from './connection.ts'

/** Publishes the changes of this process and receives those of others. A lost message is made up for by the store. */
export interface ChangeFeed {
  /** Called after the change is durable; not awaited. */
  tell(change: Change): void
  listen(listener: (change: Change) => void): { stop(): void }
  close(): void
}

const Message = z.object({
  from: z.string(),
  change: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('ended'),
      sessions: z.array(z.string().transform((id) => id as SessionId)),
    }),
    z.object({ kind: z.literal('keys') }),
    z.object({ kind: z.literal('anything') }),
  ]),
})

/** Sessions named in one message. */
const AT_ONCE = 1000

const ANYTHING: Change = { kind: 'anything' }

/** @param id of this process, which ignores its own messages */
export function openFeed(
  address: RedisAddress,
  id: string,
  library: Library,
  link: RedisConnection,
): ChangeFeed {
  const channel = `${address.prefix}changes`
  const listeners = new Set<(change: Change) => void>()
  const told = (change: Change): void => {
    for (const listener of listeners) listener(change)
  }
  const subscriber = library.subscriber(address, channel, {
    message(text) {
      const change = heardFrom(text, id)
      if (change !== undefined) told(change)
    },
    hearing: () => told(ANYTHING),
  })
  const publish = (change: Change): void =>
    void link.ask((redis) => redis.publish(channel, JSON.stringify({ from: id, change })))

  return {
    tell(change) {
      if (change.kind !== 'ended') return publish(change)
      for (let i = 0; i < change.sessions.length; i += AT_ONCE) {
        publish({ kind: 'ended', sessions: change.sessions.slice(i, i + AT_ONCE) })
      }
    },
    listen(listener) {
      listeners.add(listener)
      return { stop: () => listeners.delete(listener) }
    },
    close: () => subscriber.close(),
  }
}

/** An unreadable message, as of a later version, may mean any change. @returns `undefined`: it was said here */
export function heardFrom(text: string, id: string): Change | undefined {
  const { data } = Message.safeParse(jsonOf(text))
  if (data === undefined) return ANYTHING
  return data.from === id ? undefined : data.change
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
