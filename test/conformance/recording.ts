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
}

/** What is done before the request that counts. */
export type Step =
  | (RecordedRequest & {
      readonly op: 'request'
      readonly expect?: number
      readonly capture?: { readonly [variable: string]: string }
      readonly capture_cookies?: { readonly [variable: string]: string }
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
  | { readonly op: 'sleep'; readonly seconds: number }
  | { readonly op: 'mail'; readonly pattern: string; readonly as: readonly string[] }

/** What was answered, with placeholders for what differs each time. */
export interface Answer {
  readonly status?: number
  readonly headers?: { readonly [name: string]: string | null | readonly string[] }
  /** JSON, members in the order sent; `null`: empty. */
  readonly body?: Json
  /** In place of `body`, where it is not JSON. */
  readonly text?: string
  /** The octets as text, where the JSON was not written without spaces. */
  readonly raw?: string
  /** Headers and claims of the tokens in the body, by their path there. */
  readonly decoded?: {
    readonly [path: string]: { readonly header: JsonObject; readonly claims: JsonObject }
  }
  /** What the request changed in the store. */
  readonly effects?: JsonObject
  /** An answer that the recorded server had not meant to give. */
  readonly crash?: boolean
  /** Instead of all this: the sentence with which a server refused to start in this configuration. */
  readonly refused?: string
}

/** A recorded conversation. */
export interface Case {
  readonly id: string
  readonly config: string
  readonly note?: string
  readonly steps?: readonly Step[]
  readonly request: RecordedRequest
  readonly response: Answer
}

/** A case that is answered differently on purpose. */
export interface Difference {
  readonly id: string
  /** A deviation of the specification (D1 to D40), the upstream version that changed it, or a decision of ours. */
  readonly reason: string
  /** In the place of the recorded steps, where ours have to be others. */
  readonly steps?: readonly Step[]
  readonly response: Answer
}

export const DATA = new URL('../data/conformance/', import.meta.url)

export const readLines = <T>(file: URL | string): T[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)

export const readJson = <T>(file: URL | string): T =>
  JSON.parse(readFileSync(file, 'utf8')) as T

/** The recordings of one upstream version, with those of a newer one in the place of theirs. */
export function overlaid(cases: readonly Case[], newer: readonly Case[]): Case[] {
  const byId = new Map(newer.map((recorded) => [recorded.id, recorded]))
  return cases.map((recorded) => byId.get(recorded.id) ?? recorded)
}
