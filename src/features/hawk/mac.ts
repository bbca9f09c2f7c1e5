import {
  createHash,
  createHmac,
  createSecretKey,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto'
import {
  type HawkArtifacts,
  type MacType,
  normalizedString,
  PAYLOAD_END,
  payloadStart,
  timestampText,
} from '../../hawk/normalized-string.ts'
import type { UsableSigningKey } from '../signing-keys/find.ts'

/** A key of Hawk: the hash is that of its row, which no request can choose. */
export interface HawkKey {
  readonly hash: 'sha256'
  readonly secret: KeyObject
}

/** @returns `undefined` if it is a key of another scheme */
export function hawkKeyOf(key: UsableSigningKey | undefined): HawkKey | undefined {
  const { algorithm, material } = key ?? {}
  if (algorithm !== 'hawk-sha256' || material?.secret === undefined) return undefined
  return { hash: 'sha256', secret: material.secret }
}

/** In the place of a key that does not exist: that there is none takes as long as a wrong MAC. */
export const NO_KEY: HawkKey = {
  hash: 'sha256',
  secret: createSecretKey(new Uint8Array(32)),
}

const macOfText = (text: string, { hash, secret }: HawkKey): string =>
  createHmac(hash, secret).update(text).digest('base64')

export const macOf = (type: MacType, artifacts: HawkArtifacts, key: HawkKey): string =>
  macOfText(normalizedString(type, artifacts), key)

export const timestampMac = (ts: string, key: HawkKey): string =>
  macOfText(timestampText(ts), key)

export const payloadHash = (
  body: string | Uint8Array,
  contentType: string,
  { hash }: HawkKey,
): string =>
  createHash(hash)
    .update(payloadStart(contentType))
    .update(body)
    .update(PAYLOAD_END)
    .digest('base64')

/** Takes as long wherever they differ. */
export function isSame(computed: string, given: string): boolean {
  const [a, b] = [Buffer.from(computed), Buffer.from(given)]
  return a.length === b.length && timingSafeEqual(a, b)
}
