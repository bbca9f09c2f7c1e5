import { createHash } from 'node:crypto'
import { optionalPeer } from '../base/optional-peer.ts'
import type { Encoding } from './encoding.ts'

/** Its octets beyond this are not looked at by bcrypt. */
const MOST_OCTETS = 72

const LEAST_COST = 4
const MOST_COST = 15

/**
 * `bcrypt$$2b$12$…`, read and never written. A password above 72 octets, or with a NUL, is wrong whatever the hash: bcrypt
 * cannot tell it from others, so whoever has one must set it anew.
 */
export const bcrypt = bcryptOf(
  (password) => password,
  (password) => password.length <= MOST_OCTETS && !password.includes(0),
)

/** `bcrypt_sha256$$2b$12$…`: bcrypt over the SHA-256 in hexadecimal, so that the whole password counts. */
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
      // Written so that "not a number" is out of bounds.
      if (!(cost >= LEAST_COST && cost <= MOST_COST)) return undefined
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
          for (let each = LEAST_COST; each <= MOST_COST; each++) {
            if (units & (2 ** each)) await binding.hash(inputOf(password), each)
          }
        },
      }
    },
  }
}

/** All varieties but `2x`, which repeats a fault of one library. `2y` is what PHP calls `2b`. */
const TEXT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/

async function loadBinding(): Promise<typeof import('bcrypt')> {
  const need = 'Signing in a user whose stored password hash is bcrypt'
  return (await optionalPeer<{ default: typeof import('bcrypt') }>('bcrypt', need))
    .default
}
