import { setTimeout as sleep } from 'node:timers/promises'
import type { AuditLog } from '../audit/audit-log.ts'
import { type Seconds, seconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Secret } from '../base/secret.ts'
import { fixedKeyRing, type KeyRing, openKeyRing } from '../keys/ring.ts'
import type { Settings } from '../settings/settings.ts'
import type { Store } from '../stores/store.ts'
import { developmentSecret } from './development-secret.ts'
import type { SettingsWithClock } from './instance.ts'

/** @param hasKeys whether the store holds keys that one of them has sealed @throws AuthError `invalid_config` where there is none */
export type Secrets = (hasKeys?: boolean) => readonly Secret[]

/**
 * The secrets as given; else the signing key's, where it is a secret; else one made and kept beside the database. Where there is
 * nothing to keep it beside, each process would make another, and none could open what the others have sealed.
 */
export function chooseSecrets(
  { secrets, sharedSecret, random }: Settings,
  file: string | undefined,
): Secrets {
  let made: readonly Secret[] | undefined
  return (hasKeys = false) => {
    if (secrets.length > 0) return secrets
    made ??= [
      sharedSecret ??
        (file === undefined ? refuseShared() : developmentSecret(file, random, hasKeys)),
    ]
    return made
  }
}

function refuseShared(): never {
  throw new AuthError(
    'invalid_config',
    'A database that several processes share needs a secret, the same for all: give one as WATCHWORD_SECRET or as the option "secret", made with "openssl rand -base64 48".',
  )
}

export async function openKeys(
  settings: SettingsWithClock,
  store: Store,
  secretsFor: Secrets,
): Promise<KeyRing> {
  const { algorithm, keys, terms, clock, random, rotateKeys } = settings
  if (keys !== undefined) return fixedKeyRing(keys.signing, keys.verifying)
  const longestLife = seconds(
    Math.max(terms.access, terms.refresh, terms.sliding) + terms.leeway,
  )
  const secrets = secretsFor((await store.ports.keys.list()).length > 0)
  const every = rotateKeys === false ? undefined : rotateKeys
  const wait = (length: Seconds): Promise<unknown> => sleep(length * 1000)
  return openKeyRing({
    keys: store.ports.keys,
    secrets,
    algorithm,
    every,
    longestLife,
    clock,
    random,
    wait,
  })
}

/** Milliseconds before signing keys that could not be read are read again. */
const RETRY = 500

/**
 * Reads the keys again whenever another process may have turned the ring, and turns it when the time has come.
 *
 * @returns ends that
 */
export function watchKeys(
  ring: KeyRing,
  store: Store,
  log: Log,
  audit: AuditLog,
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
  const watch = store.watch({
    changed: ({ kind }) => void (kind === 'ended' || read()),
    upToDate() {},
  })
  const stopRotating = rotateOnTime(ring, log, audit)
  return () => {
    stopRotating()
    watch.stop()
    clearTimeout(retry)
  }
}

/** Seconds between two looks: the most, since clocks are set and other processes rotate, and the least. */
const LOOKS = { most: 3600, least: 1 }

/** Looks at once and then when the time may have come; not at the very moment, so that processes do not do it all at once. */
function rotateOnTime(ring: KeyRing, log: Log, audit: AuditLog): () => void {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const look = async (): Promise<void> => {
    let left = seconds(LOOKS.least)
    try {
      const looked = await ring.rotateWhenDue()
      left = looked.left
      if (looked.turn !== undefined) {
        log({ level: 'info', event: 'the signing keys were rotated', ...looked.turn })
        void audit.record({
          kind: 'keys_rotated',
          detail: { ...looked.turn, scheduled: true },
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
      look,
      1000 * spread * Math.min(LOOKS.most, Math.max(LOOKS.least, left)),
    ).unref()
  }
  void look()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}
