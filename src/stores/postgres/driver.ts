import type pg from 'pg'
import { lazy } from '../../base/lazy.ts'
import { optionalPeer } from '../../base/optional-peer.ts'

/** `pg`, an optional peer dependency. Set when `loadDriver` has resolved. */
export let driver: typeof pg

/** @throws AuthError `invalid_config` if it is not installed */
export const loadDriver = lazy(async () => {
  const { default: loaded } = await optionalPeer<typeof import('pg')>('pg', 'PostgreSQL')
  driver = loaded
})
