import { createHmac, timingSafeEqual } from 'node:crypto'
import type { UnixSeconds } from '../../base/clock.ts'

/** SHA-1, 6 digits and 30 seconds: the only ones that every authenticator app knows. */
const ALGORITHM = 'sha1'
const DIGITS = 6
const STEP = 30

/** Bytes of a secret: 160 bits, as many as SHA-1 has (RFC 4226 §4, R6). */
export const SECRET_BYTES = 20

/** A one-time password for a counter (RFC 4226 §5.3). */
export function hotp(
  secret: Uint8Array,
  counter: number,
  { algorithm = ALGORITHM, digits = DIGITS } = {},
): string {
  const message = Buffer.alloc(8)
  message.writeBigUInt64BE(BigInt(counter))
  const mac = createHmac(algorithm, secret).update(message).digest()
  const offset = mac.readUInt8(mac.length - 1) & 0xf
  const number = (mac.readUInt32BE(offset) & 0x7fff_ffff) % 10 ** digits
  return String(number).padStart(digits, '0')
}

/** The step of a moment (RFC 6238 §4.2). */
export const stepAt = (now: UnixSeconds): number => Math.floor(now / STEP)

/**
 * Finds the step whose password this is: the current one, or the one before or after it, for clocks that differ and people who
 * type slowly (RFC 6238 §5.2).
 *
 * @returns `undefined` if it is none of them
 */
export function findStep(
  secret: Uint8Array,
  password: string,
  now: UnixSeconds,
): number | undefined {
  if (!/^\d{6}$/.test(password)) return undefined
  const current = stepAt(now)
  return [current, current - 1, current + 1].find((step) =>
    timingSafeEqual(Buffer.from(hotp(secret, step)), Buffer.from(password)),
  )
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 4648 §6, without padding. */
export function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += BASE32[(value >>> bits) & 31]
    }
    value &= (1 << bits) - 1
  }
  if (bits === 0) return text
  return text + BASE32[(value << (5 - bits)) & 31]
}

/** What an authenticator app reads from a QR code. @param secret in base32 */
export function otpauthUri(account: string, issuer: string, secret: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`
  const parameters = new URLSearchParams({
    secret,
    issuer,
    algorithm: 'SHA1',
    digits: String(DIGITS),
    period: String(STEP),
  })
  // Authenticator apps show a "+" as it is.
  return `otpauth://totp/${label}?${parameters.toString().replaceAll('+', '%20')}`
}
