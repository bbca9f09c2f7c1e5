import { seconds } from '../base/clock.ts'
import { openSessionBook, type SessionBook } from '../sessions/book.ts'
import type { Store } from '../stores/store.ts'
import type { Timed } from './house.ts'
import { tell } from './tell.ts'

export function openSessions(
  { terms, overlap, reuse, clock, random, log, on }: Timed,
  store: Store,
): Promise<SessionBook> {
  return openSessionBook(
    {
      idle: terms.refresh,
      leeway: terms.leeway,
      overlap,
      reuse,
      window: seconds(Math.max(terms.access, terms.sliding) + terms.leeway),
      require: {
        user: !terms.allowUserlessRefresh,
        active: terms.rule === undefined && terms.checkActive,
        epoch: terms.checkRevoke === 'session',
      },
    },
    {
      sessions: store.sessions,
      watch: store.watch,
      clock,
      random,
      reused: ({ id, userId }) => {
        log({
          level: 'warn',
          event: 'a spent refresh token came back: its session has ended',
          session: id,
          user: userId,
        })
        void tell(log, 'on.reuseDetected', () => on.reuseDetected?.({ sessionId: id, userId }))
      },
      feedFailed: (error) => log({ level: 'error', event: 'ended sessions could not be read', reason: String(error) }),
    },
  )
}
