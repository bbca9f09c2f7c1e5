/**
 * One list of conversations for all adapters, over real sockets with the real framework.
 *
 * An adapter plugs in as `{ name, start(setting) → { url, stop } }`, handed to `converse` in a test file of its own:
 *
 *     converse({ name: 'express', start: async (setting) => { … return { url, stop } } })
 *
 * `start` makes the instance with `authOf(setting)` (program.ts), mounts it, and serves every route of `ROUTES` behind its
 * guard. A setting is plain data, so that a program in another process can be given it (as JSON); the database is a file in
 * which ada and bob are already. `stop` closes the server and the instance.
 *
 * A program answers besides: `/bare/` (behind no guard) with `BARE`; with `OOPS` and 500 whatever is thrown and is no refusal,
 * if its framework lets a program say so (`errors: 'program'`).
 *
 * What a framework does not have is named in `lacks`, with the reason; its conversations are left out and say so.
 */
export interface Adapter {
  readonly name: string
  /** Who answers what a handler throws and is no refusal: the program through its framework, that alone, or the house. */
  readonly errors: 'program' | 'framework' | 'house'
  readonly lacks?: { readonly [feature in Feature]?: string }
  start(setting: Setting): Promise<Started>
}

export interface Started {
  /** Without a slash at the end, and without the prefix. */
  readonly url: string
  stop(): Promise<void>
}

export interface Setting {
  /** The file. */
  readonly database: string
  /** Where endpoints and routes are mounted. */
  readonly prefix: '' | '/v1'
  /** Whether the program parses JSON and forms before anything else sees a request. */
  readonly parsesBodies: boolean
  /** The place of the framework's CORS middleware, which allows `ORIGIN`: in front of `mount`, behind it, or nowhere. */
  readonly cors: 'before' | 'after' | ''
}

/**
 * `prefix`: routers that can be mounted below one. `parsers`: that leave a body parsed. `cors`: something in front that answers
 * preflights; `corsAfter`: the same, although `mount` came first. `address`: the peer's. `lazyBodies`: guards run before a body
 * is looked at. `headerLines`: several headers of one name, in an answer; `rawHeaders`: in a request. `length`: answers say theirs.
 */
export type Feature =
  | 'prefix'
  | 'parsers'
  | 'cors'
  | 'corsAfter'
  | 'address'
  | 'lazyBodies'
  | 'headerLines'
  | 'rawHeaders'
  | 'length'

export const ORIGIN = 'https://app.example'
export const BARE = { bare: true }
export const OOPS = { oops: true }
