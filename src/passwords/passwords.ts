import { AuthError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import type { Encoded } from './encoding.ts'
import { type Encodings, encodings } from './encodings.ts'
import { passwordBytes } from './password-bytes.ts'
import type { Queue } from './queue.ts'

export interface Passwords {
  /** A new hash, of the password's NFC form. @throws AuthError `invalid` above 4,096 octets; `busy` */
  hash(password: string): Promise<string>
  /**
   * Tells which of some forms of a password, if any, a stored hash is of.
   *
   * A wrong answer costs the same work whatever the hash: of another algorithm, with other parameters, unreadable, or
   * `undefined`, where there is no account or none that may sign in. See `Ballast`.
   *
   * @throws AuthError `invalid` above 4,096 octets; `busy`
   */
  verify(attempts: readonly string[], hash: string | undefined): Promise<PasswordCheck>
}

export type PasswordCheck =
  | { readonly kind: 'wrong' }
  /** `outdated`: the hash is to be replaced by one of `password`. */
  | { readonly kind: 'right'; readonly password: string; readonly outdated: boolean }

export interface PasswordDeps {
  readonly queue: Queue
  readonly random: Random
  /** Told once of each reason why a stored hash cannot be read, in a sentence without anything of the hash. */
  readonly warn: (message: string) => void
  readonly encodings?: Encodings
}

export function passwords({
  queue,
  random,
  warn,
  encodings: known = encodings(),
}: PasswordDeps): Passwords {
  const { today, byName } = known
  const ballast = new Ballast(today.nobodys)
  const warned = new Set<string>()

  const warnOnce = (message: string): undefined => {
    if (!warned.has(message)) warn(message)
    warned.add(message)
  }

  /** `undefined`: no password is right. */
  const read = async (hash: string): Promise<Encoded | undefined> => {
    if (hash.startsWith(UNUSABLE)) return undefined
    const end = hash.indexOf('$')
    try {
      return (
        (await byName.get(hash.slice(0, end))?.parse(hash.slice(end + 1))) ??
        warnOnce(UNREADABLE)
      )
    } catch (error) {
      if (error instanceof AuthError) return warnOnce(error.message)
      throw error
    }
  }

  return {
    async hash(password) {
      passwordBytes(password)
      const bytes = passwordBytes(password.normalize('NFC'))
      return queue(() => today.make(bytes, random))
    },

    async verify(attempts, hash) {
      const tries = attempts.map((password) => ({
        password,
        bytes: passwordBytes(password),
      }))
      const encoded = hash === undefined ? undefined : await read(hash)
      const spendRest = ballast.beside(encoded)
      return queue(async (): Promise<PasswordCheck> => {
        for (const { password, bytes } of tries) {
          if (await encoded?.verify(bytes))
            return { kind: 'right', password, outdated: encoded!.outdated }
          await spendRest(bytes)
        }
        return { kind: 'wrong' }
      })
    },
  }
}

/** Stands where there is no password. Django's own are followed by 40 random characters, and so are ours. */
const UNUSABLE = '!'

/** A hash that no password is right for, told from every other. */
export const unusableHash = (random: Random): string =>
  UNUSABLE + Buffer.from(random(20)).toString('hex')

export const isUsable = (hash: string): boolean => !hash.startsWith(UNUSABLE)

const UNREADABLE =
  'A stored password hash cannot be read: its algorithm is unknown or its parameters are out of bounds. ' +
  'Its user needs a new password.'

/**
 * What makes wrong answers equally heavy (P8, CVE-2016-2513).
 *
 * A wrong answer costs, of each kind of work that the hashes met so far are made of, as much as the heaviest of them asks.
 * What an account's own hash leaves of that is spent for nothing. While all hashes are of today's encoding this is one
 * hash; beside hashes of another algorithm it is one of each. A process that has not met a kind yet gives itself away by
 * the first account that has one, and by no later one.
 */
class Ballast {
  readonly #heaviest = new Map<string, Encoded>()

  constructor(today: Encoded) {
    this.#heaviest.set(today.work.kind, today)
  }

  /** @returns what to spend after a hash of one's own, or after none */
  beside(own: Encoded | undefined): (password: Buffer) => Promise<void> {
    if (own !== undefined) this.#meet(own)
    const rests = [...this.#heaviest.values()].map((encoded) => ({
      encoded,
      units:
        encoded.work.units - (own?.work.kind === encoded.work.kind ? own.work.units : 0),
    }))
    return async (password) => {
      for (const { encoded, units } of rests)
        if (units > 0) await encoded.spend(units, password)
    }
  }

  #meet(encoded: Encoded): void {
    const { kind, units } = encoded.work
    const known = this.#heaviest.get(kind)
    if (
      known === undefined ? this.#heaviest.size < MOST_KINDS : known.work.units < units
    ) {
      this.#heaviest.set(kind, encoded)
    }
  }
}

/** Of kinds of work. A table of many strange hashes must not make every wrong password cost seconds; a fifth kind shows. */
const MOST_KINDS = 4
