/**
 * The atomic steps in Redis. A script touches one key, so that it runs on one node of a cluster.
 *
 * A key of hits is a list of times, the newest first, as long as its limit. Times are texts, because Redis would cut the
 * fractions off numbers.
 */
export const SCRIPTS = {
  /** Counts a hit at ARGV[2], if the hit that is ARGV[1] hits back is not later than ARGV[3]; else returns when that was. */
  hit: {
    numberOfKeys: 1,
    lua: `local oldest = redis.call('LINDEX', KEYS[1], ARGV[1] - 1)
if oldest and tonumber(oldest) > tonumber(ARGV[3]) then return oldest end
redis.call('LPUSH', KEYS[1], ARGV[2])
redis.call('LTRIM', KEYS[1], 0, ARGV[1] - 1)
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return false`,
  },
  /** Announces the process ARGV[1]. @returns how many processes were announced in the last ARGV[2] seconds */
  announce: {
    numberOfKeys: 1,
    lua: `local now = redis.call('TIME')[1]
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return redis.call('ZCARD', KEYS[1])`,
  },
} as const

/** The scripts and commands in use. */
export interface Commands {
  /** @param lifetime milliseconds after which the key is not used any more. @returns `null`: counted */
  hit(
    key: string,
    limit: number,
    now: string,
    cutoff: string,
    lifetime: number,
  ): Promise<string | null>
  lindex(key: string, index: number): Promise<string | null>
  lrem(key: string, count: number, element: string): Promise<number>
  /** @returns `null` if the key exists */
  set(
    key: string,
    value: string,
    px: 'PX',
    lifetime: number,
    nx: 'NX',
  ): Promise<'OK' | null>
  announce(key: string, id: string, seconds: number): Promise<number>
  zrem(key: string, member: string): Promise<number>
  publish(channel: string, message: string): Promise<number>
}
