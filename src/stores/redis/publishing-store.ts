import type { Keys } from '../../keys/keys.ts'
import type { Sessions } from '../../sessions/session.ts'
import type { CorePorts, Store } from '../store.ts'
import type { ChangeFeed } from './change-feed.ts'

/**
 * A store that publishes revoked sessions and rotated keys through Redis. Other processes also watch the store, so that a lost
 * message delays a change and does not lose it.
 */
export const publishingStore = <Ports extends CorePorts>(
  store: Store<Ports>,
  feed: ChangeFeed,
): Store<Ports> => ({
  ...store,
  ports: {
    ...store.ports,
    sessions: publishingSessions(store.ports.sessions, feed),
    keys: publishingKeys(store.ports.keys, feed),
  },
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

const publishingSessions = (sessions: Sessions, feed: ChangeFeed): Sessions => ({
  ...sessions,
  async revoke(id, reason, now) {
    const revoked = await sessions.revoke(id, reason, now)
    if (revoked) feed.publish({ kind: 'revoked', sessions: [id] })
    return revoked
  },
  async revokeAll(userId, reason, now, except) {
    const revoked = await sessions.revokeAll(userId, reason, now, except)
    if (revoked.length > 0) feed.publish({ kind: 'revoked', sessions: revoked })
    return revoked
  },
  async revokeAllOfClient(...args) {
    const revoked = await sessions.revokeAllOfClient(...args)
    if (revoked.length > 0) feed.publish({ kind: 'revoked', sessions: revoked })
    return revoked
  },
})

const publishingKeys = (keys: Keys, feed: ChangeFeed): Keys => ({
  ...keys,
  async rotate(turn) {
    const rotated = await keys.rotate(turn)
    if (rotated) feed.publish({ kind: 'keys' })
    return rotated
  },
  async replaceNext(next, fresh) {
    const replaced = await keys.replaceNext(next, fresh)
    if (replaced) feed.publish({ kind: 'keys' })
    return replaced
  },
  async endRetiring(moment) {
    await keys.endRetiring(moment)
    feed.publish({ kind: 'keys' })
  },
})
