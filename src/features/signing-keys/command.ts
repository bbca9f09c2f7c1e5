import { type Duration, secondsOf } from '../../base/duration.ts'
import { type CommandOutput, commandFor, DATABASE } from '../../command/command.ts'
import { assertFound, UsageError } from '../../command/errors.ts'
import { momentOf, printable } from '../../command/format.ts'
import { namingOptions } from '../../command/naming-options.ts'
import { tableOf } from '../../command/table.ts'
import { userNamed } from '../../command/user-named.ts'
import type { User } from '../../users/user.ts'
import type { SigningKeyAdmin } from './admin.ts'
import type { NewSigningKey } from './new-signing-key.ts'
import type {
  ShownSigningKey,
  SigningAlgorithm,
  SigningKey,
  SigningKeyOwner,
} from './signing-key.ts'
import { signingKeyJson } from './signing-key-json.ts'

/** What the commands use of an instance. */
export interface SigningKeysInstance {
  readonly users: { find(username: string): Promise<User | undefined> }
  readonly signingKeys: SigningKeyAdmin
}

const command = commandFor<SigningKeysInstance>()

const OWNER = {
  user: { type: 'string', value: 'NAME', help: 'the user whose key it is' },
  client: { type: 'string', value: 'CLIENT_ID', help: 'the application whose key it is' },
} as const

export const signingKeyCreate = command({
  name: 'signing-key create',
  summary: 'Creates a key with which a user or an application signs requests.',
  args: [],
  description: `Prints its id and its secret, which is shown only once. With --public-key the private key stays with the client, and there is no secret.

The algorithms: hmac-sha256 (default), ed25519, ecdsa-p256-sha256, ecdsa-p384-sha384, rsa-pss-sha512, rsa-v1_5-sha256 (RFC 9421), and
hawk-sha256. A key is used with no other.`,
  examples: [
    'watchword signing-key create --user vitor --label "nightly export" --expires 90d',
    'watchword signing-key create --client reports --algorithm hawk-sha256 --scope reports:read',
    'watchword signing-key create --user vitor --public-key \'{"kty":"OKP","crv":"Ed25519","x":"…"}\'',
  ],
  options: {
    ...OWNER,
    algorithm: {
      type: 'string',
      value: 'NAME',
      help: 'the algorithm; default: hmac-sha256, or that of the public key',
    },
    'public-key': {
      type: 'string',
      value: 'JWK',
      help: 'a public key as JSON or in PEM, in place of a secret',
    },
    label: { type: 'string', value: 'TEXT', help: 'what it is for' },
    scope: {
      type: 'string',
      value: 'SCOPES',
      help: 'what it is limited to, separated by spaces or commas',
    },
    expires: {
      type: 'string',
      value: 'TIME',
      help: 'it expires after 12h, 90d or a number of seconds',
    },
    ...DATABASE,
  },
  async run({ values, open }) {
    const input = inputOf(values)
    const created = await open(
      values.database,
      async (auth) => {
        const owner = await ownerIn(values, auth)
        return withFieldErrors(() => auth.signingKeys.create(owner, input))
      },
      { withKeys: true },
    )
    return shown(created, 'Created a signing key.')
  },
})

interface OwnerValues {
  readonly user?: string
  readonly client?: string
}

/** @throws UsageError without exactly one owner; CommandError if there is no such user */
async function ownerIn(
  values: OwnerValues,
  auth: SigningKeysInstance,
): Promise<SigningKeyOwner> {
  const owner = await findOwner(values, auth)
  if (owner !== undefined) return owner
  throw new UsageError('Give either --user NAME or --client CLIENT_ID.')
}

/** @returns `undefined` if none is named @throws UsageError if both are */
async function findOwner(
  { user, client }: OwnerValues,
  auth: SigningKeysInstance,
): Promise<SigningKeyOwner | undefined> {
  if (user !== undefined && client !== undefined)
    throw new UsageError('Give either --user NAME or --client CLIENT_ID.')
  if (user !== undefined) return { userId: (await userNamed(user, auth)).id }
  if (client !== undefined) return { clientId: client }
  return undefined
}

interface CreateValues {
  readonly algorithm?: string
  readonly 'public-key'?: string
  readonly label?: string
  readonly scope?: string
  readonly expires?: string
}

const inputOf = (values: CreateValues): NewSigningKey => ({
  scopes: (values.scope ?? '').split(/[,\s]+/).filter(Boolean),
  label: values.label,
  // What is no algorithm is an error of its field.
  ...(values.algorithm !== undefined && {
    algorithm: values.algorithm as SigningAlgorithm,
  }),
  ...publicKeyIn(values),
  ...(values.expires !== undefined && {
    expiresIn: durationOf('--expires', values.expires),
  }),
})

function publicKeyIn({ 'public-key': text }: Pick<CreateValues, 'public-key'>): {
  readonly publicKey?: object | string
} {
  if (text === undefined) return {}
  if (!text.trimStart().startsWith('{')) return { publicKey: text }
  try {
    return { publicKey: JSON.parse(text) }
  } catch {
    throw new UsageError(
      '--public-key must be a public key as a JSON Web Key, {"kty":"OKP",…}, or in PEM.',
    )
  }
}

function durationOf(option: string, text: string): Duration {
  const length = secondsOf(/^\d+$/.test(text) ? Number(text) : text)
  if (length !== undefined) return length
  throw new UsageError(
    `${option} must be a duration such as 1h or 7d, or a number of seconds.`,
  )
}

/** The options by the names of their fields. */
const OPTION_OF: Readonly<Record<string, string>> = {
  algorithm: '--algorithm',
  publicKey: '--public-key',
  label: '--label',
  scopes: '--scope',
  expiresIn: '--expires',
  clientId: '--client',
  overlap: '--overlap',
}

/** @throws CommandError that names the options with errors */
const withFieldErrors = <T>(work: () => Promise<T>): Promise<T> =>
  namingOptions(OPTION_OF, work)

function shown({ key, secret }: ShownSigningKey, heading: string): CommandOutput {
  const lines = [heading, `id         ${key.id}`, `algorithm  ${key.algorithm}`]
  if (secret !== undefined)
    lines.push(`secret     ${secret}`, '', 'The secret is shown only once.')
  return {
    text: lines.join('\n'),
    json: { ...signingKeyJson(key), secret: secret ?? null },
  }
}

export const signingKeyList = command({
  name: 'signing-key list',
  summary: 'Lists the keys with which requests are signed.',
  args: [],
  description:
    'The newest first: all, or those of one user or application. Expired keys are listed until "watchword flush" deletes them.',
  examples: ['watchword signing-key list', 'watchword signing-key list --user vitor'],
  options: { ...OWNER, ...DATABASE },
  async run({ values, open }) {
    const keys = await open(values.database, async (auth) =>
      auth.signingKeys.list(await findOwner(values, auth)),
    )
    return { text: keyTable(keys), json: keys.map(signingKeyJson) }
  },
})

function keyTable(keys: readonly SigningKey[]): string {
  if (keys.length === 0)
    return 'There are no signing keys. Create one: watchword signing-key create --user NAME'
  return tableOf(
    ['ID', 'OWNER', 'ALGORITHM', 'LABEL', 'SCOPES', 'LAST USED (UTC)', 'EXPIRES'],
    keys.map((key) => [
      key.id,
      ownerText(key),
      key.algorithm,
      printable(key.label ?? '–'),
      key.scopes.join(' ') || '–',
      momentOf(key.lastUsedAt),
      momentOf(key.expiresAt),
    ]),
  )
}

const ownerText = ({ userId, clientId }: SigningKey): string =>
  userId === undefined ? `client ${clientId}` : `user ${userId}`

const NO_KEY = 'There is no such signing key. All keys: watchword signing-key list'

export const signingKeyRotate = command({
  name: 'signing-key rotate',
  summary: 'Creates the key that follows a signing key.',
  args: ['ID'],
  description:
    'It has a new id, and the algorithm, scopes, label and expiry of the former one, which stays valid for one more day, or as long as --overlap says.',
  examples: [
    'watchword signing-key rotate key_2f0c5e4b9a7d4c1e8f3a6b5d7c9e0f12',
    'watchword signing-key rotate key_2f0c5e4b9a7d4c1e8f3a6b5d7c9e0f12 --overlap 0',
  ],
  options: {
    overlap: {
      type: 'string',
      value: 'TIME',
      help: 'how long the former key stays valid: 1h, 7d or a number of seconds',
    },
    'public-key': {
      type: 'string',
      value: 'JWK',
      help: 'the next public key, if the former one is public',
    },
    ...DATABASE,
  },
  async run({ values, args: [id = ''], open }) {
    const { overlap, database } = values
    const options = {
      ...publicKeyIn(values),
      ...(overlap !== undefined && { overlap: durationOf('--overlap', overlap) }),
    }
    const rotated = await open(
      database,
      (auth) => withFieldErrors(() => auth.signingKeys.rotate(id, options)),
      { withKeys: true },
    )
    assertFound(rotated, `${NO_KEY}. It may have expired, or been replaced before`)
    return shown(rotated, `Replaced ${printable(id)}.`)
  },
})

export const signingKeyRevoke = command({
  name: 'signing-key revoke',
  summary: 'Revokes a signing key, or all of a user or an application.',
  args: ['[ID]'],
  description: 'Running servers reject it from the next request on.',
  examples: [
    'watchword signing-key revoke key_2f0c5e4b9a7d4c1e8f3a6b5d7c9e0f12',
    'watchword signing-key revoke --user vitor',
  ],
  options: { ...OWNER, ...DATABASE },
  async run({ values, args: [id], open }) {
    const revoked = await open(values.database, (auth) => revoke(id, values, auth))
    const keys = revoked === 1 ? 'signing key' : 'signing keys'
    return { text: `Revoked ${revoked} ${keys}.`, json: { revoked } }
  },
})

async function revoke(
  id: string | undefined,
  values: OwnerValues,
  auth: SigningKeysInstance,
): Promise<number> {
  const owner = await findOwner(values, auth)
  if ((id === undefined) === (owner === undefined))
    throw new UsageError('Give either the ID of one key, or --user or --client.')
  if (owner !== undefined) return auth.signingKeys.revokeAll(owner)
  assertFound(await auth.signingKeys.revoke(id ?? ''), NO_KEY)
  return 1
}
