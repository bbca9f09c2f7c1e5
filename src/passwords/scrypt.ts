import { scrypt as derive, type ScryptOptions, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { bytesOfBase64, type Encoding } from './encoding.ts'

const scryptOf = promisify<Buffer, string, number, ScryptOptions, Buffer>(derive)

const DIGEST_BYTES = 64

/** Limit of N × r × p: 256 MiB, three times Django's default and twice OWASP's. */
const MAX_WORK = 2 ** 21

/** `scrypt$N$salt$r$p$digest` (RFC 7914). The salt is text, used as UTF-8. */
export const scrypt: Encoding = {
  parse(rest) {
    const [, n, salt = '', r, p, text = ''] = TEXT.exec(rest) ?? []
    const cost = { N: Number(n), r: Number(r), p: Number(p) }
    const digest = bytesOfBase64(text)
    if (!isBounded(cost) || digest?.length !== DIGEST_BYTES) return undefined
    const options = { ...cost, maxmem: 128 * cost.r * (cost.N + cost.p + 3) }
    return {
      work: { kind: `scrypt N=${n},r=${r},p=${p}`, units: 1 },
      outdated: true,
      verify: async (password) =>
        timingSafeEqual(await scryptOf(password, salt, DIGEST_BYTES, options), digest),
      async spend(units, password) {
        for (let done = 0; done < units; done++)
          await scryptOf(password, salt, DIGEST_BYTES, options)
      },
    }
  },
}

const TEXT =
  /^([1-9]\d{0,5})\$([^$]{1,128})\$([1-9]\d?)\$([1-9]\d?)\$([A-Za-z0-9+/]{86}==)$/

/** NaN is out of bounds. */
const isBounded = ({ N, r, p }: { N: number; r: number; p: number }): boolean =>
  N >= 2 && (N & (N - 1)) === 0 && N * r * p <= MAX_WORK
