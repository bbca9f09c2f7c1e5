import { setTimeout as sleep } from 'node:timers/promises'
import type { AuditLog } from '../audit/audit-log.ts'
import { type Clock, type Seconds, seconds } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { KeySettings } from '../features/tokens/parse-tokens.ts'
import type { Keys } from '../keys/keys.ts'
import { fixedKeyRing, type KeyRing, openKeyRing } from '../keys/ring.ts'
import type { Watch } from '../sessions/watch.ts'
import type { Secrets } from './secrets.ts'

export async function openKeys(
  { configured, algorithm, rotateKeys, longestLife }: KeySettings,
  deps: { readonly keys: Keys; readonly clock: Clock; readonly random: Random },
  secretsFor: Secrets,
): Promise<KeyRing> {
  if (configured !== undefined)
    return fixedKeyRing(configured.signing, configured.verifying)
  const hasKeys = (await deps.keys.list()).length > 0
  return openKeyRing({
    ...deps,
    secrets: secretsFor(hasKeys),
    algorithm,
    every: rotateKeys === false ? undefined : rotateKeys,
    longestLife,
    wait: (length: Seconds) => sleep(length * 1000),
  })
}

/** Milliseconds before a failed read is tried again. */
const RETRY = 500

interface WatchKeysDeps {
  readonly watch: Watch
  readonly log: Log
  readonly audit: AuditLog
}

/**
 * Reads the keys again when another process may have rotated them, and rotates them on schedule.
 *
 * @returns a function that stops it
 */
export function watchKeys(
  ring: KeyRing,
  { watch, log, audit }: WatchKeysDeps,
): () => void {
  let retry: NodeJS.Timeout | undefined
  const read = (): void => {
    clearTimeout(retry)
    ring.reload().catch((error) => {
      log({
        level: 'error',
        event: 'signing keys could not be read',
        reason: String(error),
      })
      retry = setTimeout(read, RETRY).unref()
    })
  }
  const watching = watch({
    changed: ({ kind }) => void (kind === 'revoked' || read()),
    upToDate() {},
  })
  const stopRotating = rotateOnTime(ring, log, audit)
  return () => {
    stopRotating()
    watching.stop()
    clearTimeout(retry)
  }
}

/** Seconds between two checks. At most an hour, since clocks are set and other processes rotate. */
const INTERVAL = { most: 3600, least: 1 }

/** Checks at once, and again when a rotation may be due; with a random delay, so that processes do not rotate at once. */
function rotateOnTime(ring: KeyRing, log: Log, audit: AuditLog): () => void {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const check = async (): Promise<void> => {
    let left = seconds(INTERVAL.least)
    try {
      const result = await ring.rotateWhenDue()
      left = result.left
      if (result.turn !== undefined) {
        log({ level: 'info', event: 'the signing keys were rotated', ...result.turn })
        void audit.record({
          kind: 'keys_rotated',
          detail: { ...result.turn, scheduled: true },
        })
      }
    } catch (error) {
      if (!stopped)
        log({
          level: 'error',
          event: 'the signing keys could not be rotated',
          reason: String(error),
        })
    }
    if (stopped || left === Number.POSITIVE_INFINITY) return
    const spread = 1 + Math.random() / 10
    timer = setTimeout(
      check,
      1000 * spread * Math.min(INTERVAL.most, Math.max(INTERVAL.least, left)),
    ).unref()
  }
  void check()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}
