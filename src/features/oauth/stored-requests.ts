import { minutes } from '../../base/clock.ts'
import type { Core } from '../core.ts'
import { limitNetwork, type NetworkLimit } from './network-limit.ts'

/** Unauthenticated clients can cause a row to be stored. */
const LIMIT: NetworkLimit = {
  name: 'oauth_request',
  what: 'authorize',
  perNetwork: { limit: 100, per: minutes(10) },
}

/** @throws AuthError `throttled` after 100 requests of a client's network in ten minutes */
export const limitStoredRequests = (core: Pick<Core, 'hits' | 'clock'>): Promise<void> =>
  limitNetwork(LIMIT, core)
