import { AuthError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import type { ParsedHash } from './encoding.ts'
import { type Encodings, encodings, parseHash } from './encodings.ts'
import { type ImportedHash, importHash } from './imported.ts'
import { passwordBytes } from './password-bytes.ts'
import type { Queue } from './queue.ts'

export interface Passwords {
  /**
   * Hashes the NFC form of a password.
   *
   * @param client see `Queue`
   * @throws AuthError `invalid` above 4,096 bytes; `busy`
   */
  hash(password: string, client?: string): Promise<string>
  /**
   * Checks forms of a password against a stored hash.
   *
   * A mismatch takes the same work for every hash: of another algorithm, with other parameters, unreadable, or
   * `undefined` (no account, or one that may not sign in). See `EqualWork`.
   *
   * @param client see `Queue`
   * @throws AuthError `invalid` above 4,096 bytes; `busy`
   */
  verify(
    candidates: readonly string[],
    hash: string | undefined,
    client?: string,
  ): Promise<PasswordCheck>
  /**
   * A hash of another system as it is stored. Hashes nothing.
   *
   * @throws AuthError `invalid_config` if it needs a package that is not installed
   */
  importHash(given: unknown): Promise<ImportedHash>
  /** Asks before an account is read. @throws AuthError `busy` if `hash` and `verify` would reject at once, see `Queue` */
  requireRoom(client?: string): void
}

export type PasswordCheck =
  | { readonly kind: 'wrong' }
  /** `outdated`: the hash should be replaced by one of `password`. */
  | { readonly kind: 'right'; readonly password: string; readonly outdated: boolean }

export interface PasswordDeps {
  readonly queue: Queue
  readonly random: Random
  /** Called once for each reason why stored hashes cannot be read. The message holds nothing of the hash. */
  readonly warn: (message: string) => void
  /** Default: those of `encodings()`. */
  readonly encodings?: Encodings | undefined
}

export const passwords = (deps: PasswordDeps): Passwords => {
  const known = deps.encodings ?? encodings()
  const hasher = new PasswordHasher(deps, known)
  return {
    hash: (password, client) => hasher.hash(password, client),
    verify: (candidates, hash, client) => hasher.verify(candidates, hash, client),
    importHash: (given) => importHash(given, known),
    requireRoom: (client) => deps.queue.requireRoom(client),
  }
}

class PasswordHasher {
  readonly #deps: PasswordDeps
  readonly #encodings: Encodings
  readonly #equalWork: EqualWork
  readonly #warned = new Set<string>()

  constructor(deps: PasswordDeps, known: Encodings) {
    this.#deps = deps
    this.#encodings = known
    this.#equalWork = new EqualWork(this.#encodings.current.unmatchable)
  }

  async hash(password: string, client: string | undefined): Promise<string> {
    passwordBytes(password)
    const bytes = passwordBytes(password.normalize('NFC'))
    const { queue, random } = this.#deps
    return queue(() => this.#encodings.current.make(bytes, random), client)
  }

  async verify(
    candidates: readonly string[],
    hash: string | undefined,
    client: string | undefined,
  ): Promise<PasswordCheck> {
    const tries = candidates.map((password) => ({
      password,
      bytes: passwordBytes(password),
    }))
    const parsed = await this.#parse(hash)
    const spendRemainder = this.#equalWork.remainderAfter(parsed)
    return this.#deps.queue(async (): Promise<PasswordCheck> => {
      for (const { password, bytes } of tries) {
        if (parsed !== undefined && (await parsed.verify(bytes)))
          return { kind: 'right', password, outdated: parsed.outdated }
        await spendRemainder(bytes)
      }
      return { kind: 'wrong' }
    }, client)
  }

  /** @returns `undefined` if no password can match */
  async #parse(hash: string | undefined): Promise<ParsedHash | undefined> {
    if (hash === undefined || !isUsable(hash)) return undefined
    try {
      return (await parseHash(hash, this.#encodings)) ?? this.#warnOnce(UNREADABLE)
    } catch (error) {
      if (error instanceof AuthError) return this.#warnOnce(error.message)
      throw error
    }
  }

  #warnOnce(message: string): undefined {
    if (!this.#warned.has(message)) this.#deps.warn(message)
    this.#warned.add(message)
  }
}

/** Django's mark of a user without a password, followed by 40 random characters. */
const UNUSABLE = '!'

/** A hash that no password matches, different each time. */
export const unusableHash = (random: Random): string =>
  UNUSABLE + Buffer.from(random(20)).toString('hex')

export const isUsable = (hash: string): boolean => !hash.startsWith(UNUSABLE)

const UNREADABLE =
  'A stored password hash cannot be read: its algorithm is unknown or its parameters are out of bounds. ' +
  'Set a new password for its user.'

/**
 * Makes all mismatches take the same work, so that response times do not reveal which accounts exist (CVE-2016-2513).
 *
 * A mismatch takes, of each kind of work met in stored hashes so far, as much as the heaviest hash: what the account's own
 * hash leaves of that is computed and discarded. While all hashes have the current encoding this is one hash; with another
 * algorithm among them, one of each. The first hash of a new kind shows in the response time, later ones do not.
 */
class EqualWork {
  readonly #heaviest = new Map<string, ParsedHash>()

  constructor(current: ParsedHash) {
    this.#heaviest.set(current.work.kind, current)
  }

  /** @returns a function that computes what an account's own hash, or none, leaves of the work */
  remainderAfter(own: ParsedHash | undefined): (password: Buffer) => Promise<void> {
    if (own !== undefined) this.#register(own)
    const remainders = [...this.#heaviest.values()].map((parsed) => ({
      parsed,
      units: parsed.work.units - unitsOf(own, parsed.work.kind),
    }))
    return async (password) => {
      for (const { parsed, units } of remainders)
        if (units > 0) await parsed.spend(units, password)
    }
  }

  #register(parsed: ParsedHash): void {
    const { kind, units } = parsed.work
    const heaviest = this.#heaviest.get(kind)
    if (heaviest === undefined && this.#heaviest.size >= MAX_KINDS) return
    if (heaviest === undefined || heaviest.work.units < units)
      this.#heaviest.set(kind, parsed)
  }
}

function unitsOf(parsed: ParsedHash | undefined, kind: string): number {
  if (parsed?.work.kind !== kind) return 0
  return parsed.work.units
}

/** A table with many kinds of hashes must not make each mismatch take seconds: further kinds show in the response time. */
const MAX_KINDS = 4
