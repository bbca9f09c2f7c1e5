import { readFileSync } from 'node:fs'

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json }
export type JsonObject = { readonly [name: string]: Json }

/** A request as it was sent. `{{name}}` stands for a variable that a step set. */
export interface RecordedRequest {
  readonly method: string
  readonly path: string
  readonly headers?: readonly (readonly [string, string])[]
  readonly body?: string | null
  readonly body_base64?: string
  /** The encoding of its header lines, if not UTF-8. */
  readonly header_charset?: 'latin-1'
}

/** A step before the request under test. */
export type Step =
  | (RecordedRequest & {
      readonly op: 'request'
      readonly expect?: number
      readonly capture?: { readonly [variable: string]: string }
      readonly capture_cookies?: { readonly [variable: string]: string }
      /** From the query or the fragment of `Location`. */
      readonly capture_location?: { readonly [variable: string]: string }
    })
  | {
      readonly op: 'mint'
      readonly as: string
      readonly claims?: JsonObject
      readonly payload_text?: string
      readonly alg?: 'HS256' | 'HS384' | 'HS512' | 'none'
      readonly header?: JsonObject
      readonly key?: string
    }
  | {
      readonly op: 'tamper'
      readonly from: string
      readonly as: string
      readonly how: string
    }
  | { readonly op: 'user'; readonly name: string; readonly set: JsonObject }
  | { readonly op: 'delete_user'; readonly name: string }
  | { readonly op: 'flush_expired' }
  /** Changes a registered application. */
  | { readonly op: 'application'; readonly client_id: string; readonly set: JsonObject }
  /** A command of Django. */
  | { readonly op: 'command'; readonly name: string }
  | { readonly op: 'sleep'; readonly seconds: number }
  /** Lets time pass for what neighbours stored. */
  | { readonly op: 'age'; readonly seconds: number }
  | { readonly op: 'mail'; readonly pattern: string; readonly as: readonly string[] }
  | {
      readonly op: 'pick'
      readonly from: string
      readonly pattern: string
      readonly as: readonly string[]
    }

/** A response, with placeholders for what differs each time. */
export interface Answer {
  readonly status?: number
  readonly headers?: { readonly [name: string]: string | null | readonly string[] }
  /** JSON, members in the order sent; `null`: empty. */
  readonly body?: Json
  /** Instead of `body`, if it is not JSON. */
  readonly text?: string
  /** The body as it was sent, if its JSON has white space. */
  readonly raw?: string
  /** Headers and claims of the tokens in the body, by their path there. */
  readonly decoded?: {
    readonly [path: string]: { readonly header: JsonObject; readonly claims: JsonObject }
  }
  /** What the request changed in the store. */
  readonly effects?: JsonObject
  /** What an HTML page says. */
  readonly page?: JsonObject
  /** How the newest rows keep their secrets; watchword's own tests show that. */
  readonly stored?: JsonObject
  /** Whether the JSON has spaces after commas and colons. */
  readonly spaces?: boolean
  /** Whether the recorded server crashed. */
  readonly crash?: boolean
  /** Instead of all others: the message with which the server refused to start. */
  readonly refused?: string
}

/** A recorded conversation. */
export interface Case {
  readonly id: string
  readonly config: string
  readonly note?: string
  /** Of the software that was recorded. */
  readonly version?: string
  readonly steps?: readonly Step[]
  readonly request: RecordedRequest
  readonly response: Answer
}

/** An intended difference. */
export interface Difference {
  readonly id: string
  /** A deviation of the specification (D1 to D40), the version of Django or Simple JWT that changed it, or a decision. */
  readonly reason: string
  /** Instead of the recorded steps, if they have to differ. */
  readonly steps?: readonly Step[]
  readonly response: Answer
}

export const DATA = new URL('../data/conformance/', import.meta.url)

/**
 * The recordings of neighbours: of each, `NAME.jsonl` and `NAME.configs.json` are with the data, and its differences in
 * `differences-NAME.jsonl`.
 */
export const RECORDINGS = [
  'knox',
  'passwordless',
  'djoser-accounts',
  'dj-rest-auth',
  'oauth-toolkit',
  'social-oauth2',
] as const

/** The paths that a conversation requests. */
export function pathsOf({ steps = [], request }: Case): readonly string[] {
  const requests = [...steps.filter((step) => step.op === 'request'), request]
  // Unknown formats have cases without a request, or without a path.
  return requests.flatMap(
    (each: Partial<RecordedRequest> | undefined) => each?.path ?? [],
  )
}

/** @throws if a line is no JSON object with an id */
export const readLines = <T extends { readonly id: string }>(file: URL | string): T[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line, i) => (line === '' ? [] : [parsedLine<T>(line, `${file}:${i + 1}`)]))

function parsedLine<T extends { readonly id: string }>(line: string, place: string): T {
  const { id, ...others } = parsed(line) ?? {}
  if (typeof id !== 'string') throw new Error(`${place} is no case with an id`)
  return { id, ...others } as T
}

function parsed(line: string): { readonly id?: unknown } | null | undefined {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

export const readJson = <T>(file: URL | string): T =>
  JSON.parse(readFileSync(file, 'utf8')) as T

/** Recordings of one version, replaced by those of a newer one. */
function overlaid(cases: readonly Case[], newer: readonly Case[]): Case[] {
  const byId = new Map(newer.map((recorded) => [recorded.id, recorded]))
  return cases.map((recorded) => byId.get(recorded.id) ?? recorded)
}

/** Cases, replaced by newer ones of the same id and followed by those with new ids. */
export function added(older: readonly Case[], newer: readonly Case[]): Case[] {
  const known = new Set(older.map(({ id }) => id))
  return [...overlaid(older, newer), ...newer.filter(({ id }) => !known.has(id))]
}
