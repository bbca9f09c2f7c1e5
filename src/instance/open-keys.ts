import { setTimeout as sleep } from 'node:timers/promises'
import type { AuditLog } from '../audit/audit-log.ts'
import {
  type Clock,
  milliseconds,
  minutes,
  type Seconds,
  seconds,
  toMilliseconds,
} from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { KeySettings } from '../features/tokens/parse-tokens.ts'
import { fixedKeyRing } from '../keys/fixed-key-ring.ts'
import type { KeyRing, RotationResult } from '../keys/key-ring.ts'
import type { Keys } from '../keys/keys.ts'
import { openKeyRing } from '../keys/stored-key-ring.ts'
import type { Watch } from '../sessions/watch.ts'
import type { Secrets } from './secrets.ts'

export async function openKeys(
  { configured, rotateKeys, ...settings }: KeySettings,
  deps: {
    readonly keys: Keys
    readonly clock: Clock
    readonly random: Random
    readonly log: Log
  },
  secretsFor: Secrets,
): Promise<KeyRing> {
  if (configured !== undefined) return fixedKeyRing(configured)
  const hasKeys = (await deps.keys.list()).length > 0
  return openKeyRing({
    ...deps,
    ...settings,
    secrets: secretsFor(hasKeys),
    every: rotateKeys || undefined,
    wait: (length: Seconds) => sleep(toMilliseconds(length)),
  })
}

/** The pause before a failed read is repeated. */
const RETRY = milliseconds(500)

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
export function watchKeys(ring: KeyRing, deps: WatchKeysDeps): () => void {
  let retry: NodeJS.Timeout | undefined
  const read = (): void => {
    clearTimeout(retry)
    ring.reload().catch((error) => {
      logError(deps.log, 'signing keys could not be read', error)
      retry = setTimeout(read, RETRY).unref()
    })
  }
  const watching = deps.watch({
    changed({ kind }) {
      if (kind !== 'revoked') read()
    },
    upToDate() {},
  })
  const schedule = new RotationSchedule(ring, deps)
  return () => {
    schedule.stop()
    watching.stop()
    clearTimeout(retry)
  }
}

/** The longest pause is an hour, since clocks are set and other processes rotate. */
const PAUSE = { longest: minutes(60), shortest: seconds(1) }

/** Checks at once and whenever a rotation may be due, with a random delay, so that processes do not rotate at once. */
class RotationSchedule {
  readonly #ring: KeyRing
  readonly #deps: Pick<WatchKeysDeps, 'log' | 'audit'>
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(ring: KeyRing, deps: Pick<WatchKeysDeps, 'log' | 'audit'>) {
    this.#ring = ring
    this.#deps = deps
    void this.#check()
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  async #check(): Promise<void> {
    const left = await this.#rotate()
    if (this.#isStopped || left === Number.POSITIVE_INFINITY) return
    const pause = Math.min(PAUSE.longest, Math.max(PAUSE.shortest, left))
    const delay = toMilliseconds(seconds(pause * (1 + Math.random() / 10)))
    this.#timer = setTimeout(() => void this.#check(), delay).unref()
  }

  /** @returns the time until a rotation may be due */
  async #rotate(): Promise<Seconds> {
    try {
      const { rotated, left } = await this.#ring.rotateWhenDue()
      if (rotated !== undefined) this.#report(rotated)
      return left
    } catch (error) {
      if (!this.#isStopped)
        logError(this.#deps.log, 'the signing keys could not be rotated', error)
      return PAUSE.shortest
    }
  }

  #report(rotated: RotationResult): void {
    const { log, audit } = this.#deps
    log({ level: 'info', event: 'the signing keys were rotated', ...rotated })
    const detail = { ...rotated, scheduled: true }
    void audit.record({ kind: 'keys_rotated', detail })
  }
}

const logError = (log: Log, event: string, error: unknown): void =>
  log({ level: 'error', event, reason: String(error) })
