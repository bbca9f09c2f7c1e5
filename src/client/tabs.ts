import { isRecord } from './claims.ts'
import type { Session } from './kept.ts'
import { type Platform, tried } from './platform.ts'

export type Kind = 'in' | 'refreshed' | 'out' | 'ask'

/** What another tab has said. */
export interface Said {
  readonly kind: Kind
  readonly sid: unknown
  readonly session: Session
}

/** The channel to the other tabs of this browser; `undefined` if it has none. */
export function tabsOf(
  label: string,
  platform: Platform,
  receive: (said: Said) => void,
): { say(kind: Kind, of: Session | undefined): void; close(): void } | undefined {
  const { BroadcastChannel } = platform
  const channel = BroadcastChannel && tried(() => new BroadcastChannel(label))
  if (!channel) return undefined
  // Another client of this page would hear it, too.
  const from = platform.Math.random()
  channel.onmessage = ({ data }) => {
    if (isRecord(data) && data.from !== from) receive(data as unknown as Said)
  }
  return {
    say(kind, of) {
      const session = kind === 'in' || kind === 'refreshed' ? of : undefined
      tried(() => channel.postMessage({ from, kind, sid: of?.claims.sid, session }))
    },
    close: () => channel.close(),
  }
}
