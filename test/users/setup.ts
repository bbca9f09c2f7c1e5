import type { UnixSeconds } from '../../src/base/clock.ts'
import { systemRandom } from '../../src/base/random.ts'
import { argon2 } from '../../src/passwords/argon2.ts'
import type { ParsedHash } from '../../src/passwords/encoding.ts'
import { encodings } from '../../src/passwords/encodings.ts'
import { passwords } from '../../src/passwords/passwords.ts'
import { hashQueue } from '../../src/passwords/queue.ts'
import type { UserId } from '../../src/users/user.ts'
import { sqliteStore } from '../stores/open.ts'

/** Users in an in-memory database, and cheap password hashes that are counted. */
export async function openUsers() {
  const store = sqliteStore({ file: ':memory:' })
  await store.migrate()
  const { users } = store.ports
  const counted = { hashes: 0 }
  return {
    users,
    counted,
    passwords: passwords({
      queue: hashQueue({ concurrency: 2 }),
      random: systemRandom,
      warn: () => {},
      encodings: countedEncodings(counted),
    }),
    random: systemRandom,
    clock: () => 1_893_456_000 as UnixSeconds,
    /** Replaces the hash, like an import. */
    async putHash(id: UserId, hash: string): Promise<void> {
      const account = await users.find('id', id)
      await users.upgradeHash(id, account!.hash, hash)
    },
    [Symbol.asyncDispose]: () => store.close(),
  }
}

/** Argon2 at a low cost that counts its hashes. */
function countedEncodings(counted: { hashes: number }) {
  const cheap = argon2({ memory: 64, passes: 1, lanes: 1 })
  const countedOf = (encoded: ParsedHash): ParsedHash => ({
    ...encoded,
    verify(password) {
      counted.hashes++
      return encoded.verify(password)
    },
    spend(units, password) {
      counted.hashes += units
      return encoded.spend(units, password)
    },
  })
  const current: typeof cheap = {
    async parse(rest) {
      const encoded = await cheap.parse(rest)
      return encoded && countedOf(encoded)
    },
    make(password, random) {
      counted.hashes++
      return cheap.make(password, random)
    },
    unmatchable: countedOf(cheap.unmatchable),
  }
  return { current, byName: new Map([...encodings().byName, ['argon2', current]]) }
}
