import { scrypt as derive, type ScryptOptions, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { bytesOfBase64, type Encoding, type ParsedHash } from './encoding.ts'

const scryptOf = promisify<Buffer, string | Buffer, number, ScryptOptions, Buffer>(derive)

const DJANGO_BYTES = 64

/** Limit of N × r × p: 256 MiB, three times Django's default and twice OWASP's. */
const MAX_WORK = 2 ** 21

/** `scrypt$N$salt$r$p$digest` (RFC 7914). The salt is text, used as UTF-8. */
export const scrypt: Encoding = djangoScrypt((password) => password)

/** `scrypt_nfkc$N$salt$r$p$digest`: the same of the NFKC form of the password, as better-auth computes it. */
export const scryptNfkc: Encoding = djangoScrypt((password) =>
  Buffer.from(password.toString().normalize('NFKC')),
)

function djangoScrypt(inputOf: (password: Buffer) => Buffer): Encoding {
  return {
    parse(rest) {
      const [, n, salt = '', r, p, text = ''] = DJANGO.exec(rest) ?? []
      const digest = bytesOfBase64(text)
      if (digest?.length !== DJANGO_BYTES) return undefined
      const cost = { N: Number(n), r: Number(r), p: Number(p) }
      return parsedHash({ cost, salt, digest, inputOf })
    },
  }
}

const DJANGO =
  /^([1-9]\d{0,5})\$([^$]{1,128})\$([1-9]\d?)\$([1-9]\d?)\$([A-Za-z0-9+/]{86}==)$/

/** `$scrypt$ln=16,r=8,p=1$salt$digest` (the PHC string format, as passlib writes it). The salt is bytes. */
export const phcScrypt: Encoding = {
  parse(rest) {
    const [, ln, r, p, saltText = '', digestText = ''] = PHC.exec(rest) ?? []
    const salt = bytesOfBase64(saltText, false)
    const digest = bytesOfBase64(digestText, false)
    if (salt === undefined || digest === undefined) return undefined
    const cost = { N: 2 ** Number(ln), r: Number(r), p: Number(p) }
    return parsedHash({ cost, salt, digest, inputOf: (password) => password })
  },
}

/** Digests of 16 to 128 bytes: no other password matches by chance. */
const PHC =
  /^ln=([1-9]\d?),r=([1-9]\d?),p=([1-9]\d?)\$([A-Za-z0-9+/]{1,171})\$([A-Za-z0-9+/]{22,171})$/

interface Hash {
  readonly cost: { readonly N: number; readonly r: number; readonly p: number }
  readonly salt: string | Buffer
  readonly digest: Buffer
  readonly inputOf: (password: Buffer) => Buffer
}

function parsedHash({ cost, salt, digest, inputOf }: Hash): ParsedHash | undefined {
  if (!isBounded(cost)) return undefined
  const { N, r, p } = cost
  const options = { ...cost, maxmem: 128 * r * (N + p + 3) }
  const digestOf = (password: Buffer): Promise<Buffer> =>
    scryptOf(inputOf(password), salt, digest.length, options)
  return {
    work: { kind: `scrypt N=${N},r=${r},p=${p}`, units: 1 },
    outdated: true,
    verify: async (password) => timingSafeEqual(await digestOf(password), digest),
    async spend(units, password) {
      for (let done = 0; done < units; done++) await digestOf(password)
    },
  }
}

/** NaN is out of bounds. */
const isBounded = ({ N, r, p }: Hash['cost']): boolean =>
  N >= 2 && (N & (N - 1)) === 0 && N * r * p <= MAX_WORK
