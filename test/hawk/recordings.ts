import { readFileSync } from 'node:fs'
import type { AuthRequest } from '../../src/http/request.ts'

/** What the reference, or hawkrest, says of a request. */
export interface RecordedVerdict {
  readonly verdict: 'accept' | 'reject' | 'crash' | 'none'
  readonly status?: number
  readonly message?: string
  readonly 'www-authenticate'?: string
  readonly 'server-authorization'?: string
}

export interface RecordedRequest {
  readonly method: string
  readonly target: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string | null
}

/** A request, those that were sent before, and how it was answered. */
export interface Recorded {
  readonly id: string
  readonly kind: string
  readonly config?: string
  readonly now: number
  readonly before?: readonly {
    readonly request: RecordedRequest
    readonly now?: number
  }[]
  readonly request: RecordedRequest
  readonly hawkrest?: RecordedVerdict & {
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: unknown
    readonly text?: string
  }
  readonly hawk?: RecordedVerdict
  readonly mohawk?: RecordedVerdict
}

const DATA = new URL('../data/hawk/', import.meta.url)
export const textOf = (name: string): string => readFileSync(new URL(name, DATA), 'utf8')

export const recordings = <R extends { readonly kind: string } = Recorded>(
  ...kinds: readonly string[]
): readonly R[] =>
  textOf('hawk.jsonl')
    .trim()
    .split('\n')
    .map((line): R => JSON.parse(line))
    .filter(({ kind }) => kinds.includes(kind))

interface Credentials {
  readonly id: string
  readonly key?: string
  readonly algorithm: string
}

export const CREDENTIALS: Readonly<Record<string, Credentials>> = JSON.parse(
  textOf('keys.json'),
)

export function authRequestOf(recorded: RecordedRequest): AuthRequest {
  const { method, target: url, headers, body } = recorded
  const values = new Map(headers.map(([name, value]) => [name.toLowerCase(), value]))
  return {
    method,
    url,
    address: '127.0.0.1',
    secure: false,
    header: (name) => values.get(name),
    body: async () => Buffer.from(body ?? '', 'utf8'),
  }
}
