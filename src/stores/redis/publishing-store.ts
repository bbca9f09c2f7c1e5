import type { Keys } from '../../keys/keys.ts'
import type { Sessions } from '../../sessions/session.ts'
import type { Store } from '../store.ts'
import type { ChangeFeed } from './feed.ts'

/**
 * A store whose ended sessions and turned keys other processes hear of at once, through Redis. They hear of them from the store
 * as well, as ever: where Redis loses a word, it is later and not lost.
 */
export const publishingStore = (store: Store, feed: ChangeFeed): Store => ({
  users: store.users,
  apiTokens: store.apiTokens,
  hits: store.hits,
  events: store.events,
  ...(store.time === undefined ? {} : { time: store.time }),
  migrate: () => store.migrate(),
  ping: () => store.ping(),
  close: () => store.close(),
  sessions: announcedSessions(store.sessions, feed),
  keys: announcedKeys(store.keys, feed),
  watch(listener) {
    const fromStore = store.watch(listener)
    const fromRedis = feed.listen((change) => listener.changed(change))
    return {
      stop() {
        fromStore.stop()
        fromRedis.stop()
      },
    }
  },
})

const announcedSessions = (sessions: Sessions, feed: ChangeFeed): Sessions => ({
  open: (session) => sessions.open(session),
  adopt: (session) => sessions.adopt(session),
  rotate: (rotation) => sessions.rotate(rotation),
  find: (id) => sessions.find(id),
  list: (userId) => sessions.list(userId),
  revokedSince: (...from) => sessions.revokedSince(...from),
  flush: (moment, limit) => sessions.flush(moment, limit),
  async revoke(id, reason, now) {
    const ended = await sessions.revoke(id, reason, now)
    if (ended) feed.tell({ kind: 'ended', sessions: [id] })
    return ended
  },
  async revokeAll(userId, reason, now, except) {
    const ended = await sessions.revokeAll(userId, reason, now, except)
    if (ended.length > 0) feed.tell({ kind: 'ended', sessions: ended })
    return ended
  },
})

const announcedKeys = (keys: Keys, feed: ChangeFeed): Keys => ({
  list: () => keys.list(),
  seed: (first) => keys.seed(first),
  extend: (tokenLife) => keys.extend(tokenLife),
  flush: (moment) => keys.flush(moment),
  reseal: (id, from, to) => keys.reseal(id, from, to),
  async rotate(turn) {
    const turned = await keys.rotate(turn)
    if (turned) feed.tell({ kind: 'keys' })
    return turned
  },
  async replaceNext(next, fresh) {
    const replaced = await keys.replaceNext(next, fresh)
    if (replaced) feed.tell({ kind: 'keys' })
    return replaced
  },
  async endRetiring(moment) {
    await keys.endRetiring(moment)
    feed.tell({ kind: 'keys' })
  },
})
