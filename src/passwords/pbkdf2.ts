import { pbkdf2 as derive, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { bytesOfBase64, type Encoding } from './encoding.ts'

const pbkdf2Of = promisify(derive)

/** Four times Django's default of 2025: about a second. */
const MAX_ITERATIONS = 5_000_000

const DIGESTS = { sha1: 20, sha256: 32 } as const

/** `pbkdf2_sha256$iterations$salt$digest` (RFC 8018 §5.2), Django's default. The salt is text, used as UTF-8. */
export const pbkdf2 = (algorithm: keyof typeof DIGESTS): Encoding => ({
  parse(rest) {
    const [, count, salt = '', text = ''] = TEXT.exec(rest) ?? []
    const iterations = Number(count)
    const digest = bytesOfBase64(text)
    // Negated, so that NaN is out of bounds.
    if (!(iterations >= 1 && iterations <= MAX_ITERATIONS)) return undefined
    if (digest?.length !== DIGESTS[algorithm]) return undefined
    return {
      work: { kind: `pbkdf2 ${algorithm}`, units: iterations },
      outdated: true,
      verify: async (password) =>
        timingSafeEqual(
          await pbkdf2Of(password, salt, iterations, digest.length, algorithm),
          digest,
        ),
      async spend(units, password) {
        await pbkdf2Of(password, salt, units, digest.length, algorithm)
      },
    }
  },
})

const TEXT = /^([1-9]\d{0,6})\$([^$]{1,128})\$([A-Za-z0-9+/]{27,43}=)$/
