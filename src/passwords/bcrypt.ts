import { createHash } from 'node:crypto'
import { optionalPeer } from '../base/optional-peer.ts'
import type { Encoding } from './encoding.ts'

/** bcrypt ignores the bytes of a password beyond these. */
const MAX_BYTES = 72

const MIN_COST = 4
const MAX_COST = 15

/**
 * `bcrypt$$2b$12$…`, read and never written. A password above 72 bytes, or with a NUL, never matches: bcrypt ignores the
 * rest of it, so other passwords would match too. Its user has to set a new one.
 */
export const bcrypt = bcryptOf(
  (password) => password,
  (password) => password.length <= MAX_BYTES && !password.includes(0),
)

/** `bcrypt_sha256$$2b$12$…`: bcrypt of the password's SHA-256 in hexadecimal, which depends on all of its bytes. */
export const bcryptSha256 = bcryptOf(
  (password) => Buffer.from(createHash('sha256').update(password).digest('hex')),
  () => true,
)

function bcryptOf(
  inputOf: (password: Buffer) => Buffer,
  isWhole: (password: Buffer) => boolean,
): Encoding {
  return {
    async parse(rest) {
      const cost = Number(TEXT.exec(rest)?.[1])
      // Negated, so that NaN is out of bounds.
      if (!(cost >= MIN_COST && cost <= MAX_COST)) return undefined
      const binding = await loadBinding()
      return {
        work: { kind: 'bcrypt', units: 2 ** cost },
        outdated: true,
        async verify(password) {
          const right = await binding.compare(
            inputOf(password),
            rest.replace('$2y$', '$2b$'),
          )
          return right && isWhole(password)
        },
        async spend(units, password) {
          for (let each = MIN_COST; each <= MAX_COST; each++) {
            if (units & (2 ** each)) await binding.hash(inputOf(password), each)
          }
        },
      }
    },
  }
}

/** All variants but `2x`, which marks hashes of a faulty library. `2y` is PHP's name for `2b`. */
const TEXT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/

async function loadBinding(): Promise<typeof import('bcrypt')> {
  const need = 'A stored password hash'
  return (await optionalPeer<{ default: typeof import('bcrypt') }>('bcrypt', need))
    .default
}
