import { seconds } from '../base/clock.ts'
import { Refusal } from '../base/refusal.ts'
import type { Secret } from '../base/secret.ts'
import { givenKeyRing, type KeyRing, openKeyRing } from '../keys/ring.ts'
import type { Log } from '../settings/log.ts'
import type { Settings } from '../settings/settings.ts'
import type { Store } from '../stores/store.ts'
import { developmentSecret } from './development-secret.ts'
import type { Timed } from './house.ts'

/** @param hasKeys whether the store holds keys that one of them has sealed @throws Refusal `config_refused` where there is none */
export type Secrets = (hasKeys?: boolean) => readonly Secret[]

/**
 * The secrets as given; else the signing key's, where it is a secret; else one made and kept beside the database. Where there is
 * nothing to keep it beside, each process would make another, and none could open what the others have sealed.
 */
export function secretsOf({ secrets, sharedSecret, random }: Settings, file: string | undefined): Secrets {
  let made: readonly Secret[] | undefined
  return (hasKeys = false) => {
    if (secrets.length > 0) return secrets
    made ??= [sharedSecret ?? (file === undefined ? refuseShared() : developmentSecret(file, random, hasKeys))]
    return made
  }
}

function refuseShared(): never {
  throw new Refusal(
    'config_refused',
    'A database that several processes share needs a secret, the same for all: give one as WATCHWORD_SECRET or as the option "secret", made with "openssl rand -base64 48".',
  )
}

export async function openRing(settings: Timed, store: Store, secretsFor: Secrets): Promise<KeyRing> {
  const { algorithm, keys, terms, clock, random } = settings
  if (keys !== undefined) return givenKeyRing(keys.signing, keys.verifying)
  const longestLife = seconds(Math.max(terms.access, terms.refresh, terms.sliding) + terms.leeway)
  const secrets = secretsFor((await store.keys.list()).length > 0)
  return openKeyRing({ keys: store.keys, secrets, algorithm, longestLife, clock, random })
}

/** Milliseconds before signing keys that could not be read are read again. */
const RETRY = 500

/** Reads the keys again whenever another process may have turned the ring. @returns ends that */
export function followKeys(ring: KeyRing, store: Store, log: Log): () => void {
  let retry: NodeJS.Timeout | undefined
  const read = (): void => {
    clearTimeout(retry)
    ring.reload().catch((error) => {
      log({ level: 'error', event: 'signing keys could not be read', reason: String(error) })
      retry = setTimeout(read, RETRY).unref()
    })
  }
  const watch = store.watch({
    changed: ({ kind }) => void (kind === 'ended' || read()),
    upToDate() {},
  })
  return () => {
    watch.stop()
    clearTimeout(retry)
  }
}
