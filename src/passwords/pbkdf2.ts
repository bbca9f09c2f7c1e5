import { pbkdf2 as derive, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { bytesOfBase64, type Encoding, type ParsedHash } from './encoding.ts'

const pbkdf2Of = promisify(derive)

/** Four times Django's default of 2025: about a second. */
const MAX_ITERATIONS = 5_000_000

type Algorithm = 'sha1' | 'sha256' | 'sha512'

const DIGEST_BYTES: Readonly<Record<Algorithm, number>> = {
  sha1: 20,
  sha256: 32,
  sha512: 64,
}

/** `pbkdf2_sha256$iterations$salt$digest` (RFC 8018 §5.2), Django's default. The salt is text, used as UTF-8. */
export const pbkdf2 = (algorithm: 'sha1' | 'sha256'): Encoding => ({
  parse(rest) {
    const [, iterations, salt = '', text = ''] = DJANGO.exec(rest) ?? []
    const digest = bytesOfBase64(text)
    if (digest?.length !== DIGEST_BYTES[algorithm]) return undefined
    return parsedHash({ algorithm, iterations: Number(iterations), salt, digest })
  },
})

const DJANGO = /^([1-9]\d{0,6})\$([^$]{1,128})\$([A-Za-z0-9+/]{27,43}=)$/

/**
 * `$pbkdf2-sha256$iterations$salt$digest` as passlib writes it, and `$pbkdf2-sha256$i=iterations,l=length$salt$digest` (the PHC
 * string format). The salt is bytes; passlib writes `.` for `+`.
 */
export const phcPbkdf2 = (algorithm: Algorithm): Encoding => ({
  parse(rest) {
    const [, iterations, saltText = '', digestText = ''] = PHC.exec(rest) ?? []
    const salt = bytesOfBase64(saltText.replaceAll('.', '+'), false)
    const digest = bytesOfBase64(digestText.replaceAll('.', '+'), false)
    if (salt === undefined || digest === undefined) return undefined
    return parsedHash({ algorithm, iterations: Number(iterations), salt, digest })
  },
})

/** Digests of 16 to 128 bytes: no other password matches by chance. */
const PHC =
  /^(?:i=)?([1-9]\d{0,6})(?:,l=\d{1,3})?\$([A-Za-z0-9+/.]{1,172})\$([A-Za-z0-9+/.]{22,171})$/

interface Hash {
  readonly algorithm: Algorithm
  readonly iterations: number
  readonly salt: string | Buffer
  readonly digest: Buffer
}

function parsedHash({
  algorithm,
  iterations,
  salt,
  digest,
}: Hash): ParsedHash | undefined {
  // Each block of the digest takes all iterations.
  const units = iterations * Math.ceil(digest.length / DIGEST_BYTES[algorithm])
  // Negated, so that NaN is out of bounds.
  if (!(iterations >= 1 && units <= MAX_ITERATIONS)) return undefined
  return {
    work: { kind: `pbkdf2 ${algorithm}`, units },
    outdated: true,
    verify: async (password) =>
      timingSafeEqual(
        await pbkdf2Of(password, salt, iterations, digest.length, algorithm),
        digest,
      ),
    async spend(more, password) {
      await pbkdf2Of(password, salt, more, DIGEST_BYTES[algorithm], algorithm)
    },
  }
}
