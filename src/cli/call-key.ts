import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import type { CommandContext } from '../command/context.ts'
import { CommandError, UsageError } from '../command/errors.ts'
import { quoted } from '../command/format.ts'
import { parseWord } from '../command/values.ts'
import {
  dpop,
  hawk,
  httpSignature,
  type JsonKey,
  type SignatureAlgorithm,
  type Signer,
} from '../sign/index.ts'

export const KEY = {
  key: {
    type: 'string',
    value: 'FILE',
    help: 'the file of the key, or - for standard input; default: the text of WATCHWORD_KEY',
  },
  'key-id': {
    type: 'string',
    value: 'ID',
    help: 'what the server calls the key; default: the id that the file has',
  },
  algorithm: {
    type: 'string',
    value: 'NAME',
    help: 'the algorithm of the key, if the file does not have it',
  },
  scheme: {
    type: 'string',
    value: 'NAME',
    help: 'signature (RFC 9421), hawk or dpop; default: that of the key, or signature',
  },
  tag: { type: 'string', value: 'TEXT', help: 'what the signature is for (RFC 9421)' },
} as const

interface KeyValues {
  readonly key?: string
  readonly 'key-id'?: string
  readonly algorithm?: string
  readonly scheme?: string
  readonly tag?: string
}

/** A key, and what its file says of it. */
interface FoundKey {
  readonly key: string | JsonKey
  readonly id?: unknown
  readonly algorithm?: unknown
}

const SCHEMES = ['signature', 'hawk', 'dpop'] as const

/** @throws UsageError; CommandError if the file cannot be read */
export async function signerFor(
  values: KeyValues,
  context: CommandContext,
): Promise<Signer> {
  const found = parseKey(await keyText(values, context))
  const algorithm = values.algorithm ?? textOf(found.algorithm)
  const isHawk = algorithm?.startsWith('hawk-')
  const usual = isHawk ? 'hawk' : 'signature'
  const scheme = parseWord({ name: '--scheme', text: values.scheme ?? usual }, SCHEMES)
  if (scheme === 'dpop')
    return usable(() =>
      dpop({
        key: jsonKey(found),
        accessToken: context.env.WATCHWORD_ACCESS_TOKEN ?? '',
      }),
    )
  const keyId = values['key-id'] ?? textOf(found.id)
  if (keyId === undefined)
    throw new UsageError(
      'The file of the key does not have its id: name it with --key-id ID.',
    )
  if (scheme === 'hawk')
    return usable(() => hawk({ keyId, ...hawkKey(found, algorithm) }))
  return usable(() =>
    httpSignature({
      keyId,
      key: found.key,
      // What is no algorithm is an error of the signer.
      ...(algorithm !== undefined && { algorithm: algorithm as SignatureAlgorithm }),
      ...(values.tag !== undefined && { tag: values.tag }),
    }),
  )
}

/** Options that do not fit the key are wrong usage. */
function usable(make: () => Signer): Signer {
  try {
    return make()
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message)
    throw error
  }
}

async function keyText(
  { key }: KeyValues,
  { env, stdin }: CommandContext,
): Promise<string> {
  if (key === '-') return text(stdin)
  if (key !== undefined) return fileText(key)
  if (env.WATCHWORD_KEY) return env.WATCHWORD_KEY
  throw new UsageError(
    'Give the file of a key with --key FILE, or its text in WATCHWORD_KEY. A key: watchword signing-key create --user NAME --json',
  )
}

function fileText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new CommandError(`The file ${quoted(path)} cannot be read.`, { cause })
  }
}

/** What `signing-key create --json` prints, a JSON Web Key, a key in PEM, or a secret. */
function parseKey(content: string): FoundKey {
  const trimmed = content.trim()
  if (trimmed === '') throw new UsageError('The key is empty.')
  if (!trimmed.startsWith('{')) return { key: trimmed }
  const { id, algorithm, secret, ...json } = parseJson(trimmed)
  if (typeof secret === 'string') return { id, algorithm, key: secret }
  return { id: id ?? json.kid, algorithm, key: json }
}

function parseJson(content: string): JsonKey {
  try {
    return JSON.parse(content)
  } catch {
    throw new UsageError('The key begins like JSON, and is none.')
  }
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined

function jsonKey({ key }: FoundKey): JsonKey {
  if (typeof key === 'object') return key
  throw new UsageError('With --scheme dpop the key must be a private JSON Web Key.')
}

function hawkKey({ key }: FoundKey, algorithm = 'hawk-sha256') {
  if (typeof key !== 'string')
    throw new UsageError('With --scheme hawk the key must be a secret.')
  const hash = parseWord({ name: '--algorithm', text: algorithm }, HAWK)
  return { key, algorithm: hash === 'hawk-sha1' ? 'sha1' : 'sha256' } as const
}

const HAWK = ['hawk-sha256', 'hawk-sha1'] as const
