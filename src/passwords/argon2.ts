import crypto, { type Argon2Parameters, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { configError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import { base64Of, bytesOfBase64, type Encoding, type ParsedHash } from './encoding.ts'

type Argon2Of = (variety: Variety, parameters: Argon2Parameters) => Promise<Buffer>

/**
 * Of Node.js 24.7 and later; other runtimes may not have it yet. A named import would fail when the module is loaded: there, and on
 * Node.js 20 before `node-version.ts` can say what is missing.
 */
const argon2Of: Argon2Of =
  crypto.argon2 === undefined ? noArgon2 : promisify(crypto.argon2)

/** The rest of an instance works without: tokens are issued in code and verified. */
async function noArgon2(): Promise<never> {
  throw configError(
    'This runtime has no Argon2 in node:crypto, with which passwords are hashed. Update it, or run this program on Node.js 24.7 or later.',
  )
}

/** The cost parameters of an Argon2 hash (RFC 9106 §3.1). */
export interface Argon2Cost {
  /** KiB. */
  readonly memory: number
  readonly passes: number
  readonly lanes: number
}

/** About 40 ms and 19 MiB: OWASP's recommendation for Argon2id. */
export const ARGON2_COST: Argon2Cost = { memory: 19_456, passes: 2, lanes: 1 }

const SALT_BYTES = 16
const DIGEST_BYTES = 32

const MAX_MEMORY = 256 * 1024
const MAX_LANES = 16
/** Limit of memory (KiB) times passes: five times Django's default. */
const MAX_WORK = 2 ** 20

type Variety = 'argon2id' | 'argon2i' | 'argon2d'

export interface Argon2 extends Encoding {
  /** A new hash, in Django's notation. */
  make(password: Buffer, random: Random): Promise<string>
  /** A hash of the current cost that no password matches. */
  readonly unmatchable: ParsedHash
}

/** `argon2$argon2id$v=19$m=19456,t=2,p=1$salt$digest` (RFC 9106), the encoding of new hashes. */
export const argon2 = (current: Argon2Cost = ARGON2_COST): Argon2 => ({
  parse(rest) {
    const hash = parseHash(rest)
    return hash && parsedHash(hash, current)
  },
  async make(password, random) {
    const salt = Buffer.from(random(SALT_BYTES))
    const settings = { variety: 'argon2id', cost: current, salt } as const
    const digest = await digestWith(settings, DIGEST_BYTES, password)
    return `argon2$argon2id$v=19$${costText(current)}$${base64Of(salt, false)}$${base64Of(digest, false)}`
  },
  unmatchable: parsedHash(
    {
      variety: 'argon2id',
      cost: current,
      salt: Buffer.alloc(SALT_BYTES),
      digest: Buffer.alloc(DIGEST_BYTES),
    },
    current,
  ),
})

interface Hash {
  readonly variety: Variety
  readonly cost: Argon2Cost
  readonly salt: Buffer
  readonly digest: Buffer
}

function parsedHash(hash: Hash, current: Argon2Cost): ParsedHash {
  const { variety, cost, digest } = hash
  const digestOf = (password: Buffer): Promise<Buffer> =>
    digestWith(hash, digest.length, password)
  return {
    work: { kind: `${variety} ${costText(cost)}`, units: 1 },
    outdated: isOutdated(hash, current),
    verify: async (password) => timingSafeEqual(await digestOf(password), digest),
    async spend(units, password) {
      for (let done = 0; done < units; done++) await digestOf(password)
    },
  }
}

const isOutdated = ({ variety, cost, salt }: Hash, current: Argon2Cost): boolean =>
  variety !== 'argon2id' ||
  cost.memory < current.memory ||
  cost.passes < current.passes ||
  salt.length < SALT_BYTES

/** Salts of 8 to 48 bytes and digests of 16 to 64. */
const TEXT =
  /^(argon2id|argon2i|argon2d)\$v=19\$m=(\d{1,6}),t=(\d{1,4}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,64})\$([A-Za-z0-9+/]{22,86})$/

type Fields = readonly [string, Variety, string, string, string, string, string]

/** @returns `undefined` if it is malformed, or would take more work than any hash in use */
function parseHash(rest: string): Hash | undefined {
  const match = TEXT.exec(rest)
  if (match === null) return undefined
  const [, variety, memory, passes, lanes, saltText, digestText] =
    match as unknown as Fields
  const cost = { memory: Number(memory), passes: Number(passes), lanes: Number(lanes) }
  const salt = bytesOfBase64(saltText, false)
  const digest = bytesOfBase64(digestText, false)
  if (salt === undefined || digest === undefined || !isBounded(cost)) return undefined
  return { variety, cost, salt, digest }
}

const isBounded = ({ memory, passes, lanes }: Argon2Cost): boolean =>
  lanes >= 1 &&
  lanes <= MAX_LANES &&
  memory >= 8 * lanes &&
  memory <= MAX_MEMORY &&
  passes >= 1 &&
  memory * passes <= MAX_WORK

const costText = ({ memory, passes, lanes }: Argon2Cost): string =>
  `m=${memory},t=${passes},p=${lanes}`

const digestWith = (
  { variety, cost, salt }: Omit<Hash, 'digest'>,
  tagLength: number,
  message: Buffer,
): Promise<Buffer> =>
  argon2Of(variety, {
    message,
    nonce: salt,
    parallelism: cost.lanes,
    tagLength,
    memory: cost.memory,
    passes: cost.passes,
  })
