import { readFileSync } from 'node:fs'
import {
  type Algorithm,
  importSecret,
  importVerifyingKey,
  type Jwk,
} from '../../src/jwt/index.ts'
import type { Field, SignedMessage, SignedRequest } from '../../src/signatures/message.ts'
import {
  SIGNATURE_ALGORITHMS,
  type SignatureAlgorithm,
} from '../../src/signatures/signature-algorithms.ts'
import type { SignatureKey } from '../../src/signatures/verify-signature.ts'

interface RecordedMessage {
  readonly method?: string
  readonly url?: string
  readonly status?: number
  readonly headers: readonly Field[]
  readonly body?: string
}

/** A message, and whether its signature is valid by RFC 9421. */
export interface Recorded {
  readonly id: string
  readonly now: number
  readonly message: RecordedMessage
  readonly request?: RecordedMessage
  readonly policy?: {
    readonly requiredComponents?: readonly string[]
    readonly requiredParams?: readonly 'created'[]
    readonly maxAge?: number
  }
  readonly standard: 'valid' | 'invalid' | 'depends'
  readonly why?: string
}

const DATA = new URL('../data/signatures/', import.meta.url)
const textOf = (name: string): string => readFileSync(new URL(name, DATA), 'utf8')

/** The recorded messages of RFC 9421, and the keys that signed them. */
export const recordings = (): readonly Recorded[] =>
  textOf('http-signatures.jsonl')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ kind }) => kind === 'rfc9421')

const { keys, algorithms } = JSON.parse(textOf('keys.json')).rfc9421 as {
  readonly keys: Readonly<Record<string, Jwk>>
  readonly algorithms: Readonly<Record<string, SignatureAlgorithm>>
}

/** Without what only the signer knows. */
const publicPart = ({ kty, n, e, crv, x, y }: Jwk): Jwk => ({ kty, n, e, crv, x, y })

export function keyNamed(keyid: string | undefined): SignatureKey | undefined {
  const jwk = keyid === undefined ? undefined : keys[keyid]
  const alg = keyid === undefined ? undefined : algorithms[keyid]
  if (jwk === undefined || alg === undefined) return undefined
  const name: Algorithm = SIGNATURE_ALGORITHMS[alg]
  const key =
    name === 'HS256'
      ? importSecret(name, Buffer.from(String(jwk.k), 'base64url')).verifying
      : importVerifyingKey(name, publicPart(jwk))
  return { alg, key }
}

/** In a recording "é" stands for its two bytes in UTF-8. */
const asBytes = ([name, value]: Field): Field => [
  name,
  Buffer.from(value).toString('latin1'),
]

/** The key of a signer; `undefined` if only its public half is known. */
export function privateKeyNamed(
  keyid: string | undefined,
): { readonly key: Jwk; readonly algorithm: SignatureAlgorithm } | undefined {
  const key = keyid === undefined ? undefined : keys[keyid]
  const algorithm = keyid === undefined ? undefined : algorithms[keyid]
  if (key === undefined || algorithm === undefined) return undefined
  if (key.d === undefined && key.k === undefined) return undefined
  return { key, algorithm }
}

export function messageOf({ message, request }: Recorded): SignedMessage {
  const { status, headers } = message
  if (status === undefined) return requestOf(message)
  return {
    status,
    fields: headers.map(asBytes),
    ...(request && { request: requestOf(request) }),
  }
}

function requestOf({
  method = 'GET',
  url = '',
  headers,
}: RecordedMessage): SignedRequest {
  const host = headers.find(([name]) => name.toLowerCase() === 'host')?.[1]
  const [, scheme, authority, target = ''] = /^(\w+:)\/\/([^/?]*)(.*)$/.exec(url) ?? []
  return {
    method,
    origin: new URL(`${scheme}//${host ?? authority}`).origin,
    target,
    fields: headers.map(asBytes),
  }
}
