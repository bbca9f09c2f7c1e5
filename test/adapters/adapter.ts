/**
 * One list of scenarios for all adapters, over sockets with the real framework.
 *
 * Each adapter has a test file that passes `{ name, start(setting) → { url, stop } }` to `testAdapter`:
 *
 *     testAdapter({ name: 'express', start: async (setting) => { … return { url, stop } } })
 *
 * `start` creates the instance with `authOf(setting)` (program.ts), mounts it, and serves every route of `ROUTES` with its
 * guard. A setting is plain data, so it can be passed to another process as JSON; its database is a file with the users ada
 * and bob. `stop` closes the server and the instance.
 *
 * A program also serves `/bare/` with `BARE`, without a guard, and turns errors other than an `AuthError` into a 500 with
 * `OOPS`, if its framework lets a program handle errors (`errors: 'program'`).
 *
 * `lacks` names what a framework does not have, with the reason; the scenarios that need it are skipped.
 */
export interface Adapter {
  readonly name: string
  /** What handles errors of a handler other than an `AuthError`: the program through its framework, the framework, or watchword. */
  readonly errors: 'program' | 'framework' | 'watchword'
  readonly lacks?: { readonly [feature in Feature]?: string }
  start(setting: Setting): Promise<Started>
}

export interface Started {
  /** Without a trailing slash, and without the prefix. */
  readonly url: string
  stop(): Promise<void>
}

export interface Setting {
  /** A file. */
  readonly database: string
  /** The prefix of endpoints and routes. */
  readonly prefix: '' | '/v1'
  /** Whether the program parses JSON and forms before any other middleware. */
  readonly parsesBodies: boolean
  /** The place of the framework's CORS middleware, which allows `ORIGIN`: before `mount`, after it, or none. */
  readonly cors: 'before' | 'after' | ''
  /** Whether there are pages to sign in, which navigations are redirected to. */
  readonly redirects?: boolean
}

/**
 * `prefix`: routers with a prefix. `parsers`: middleware that parses bodies. `cors`: middleware for preflights; `corsAfter`: the
 * same after `mount`. `address`: of the client. `lazyBodies`: guards run before a body is parsed. `headerLines`: repeated
 * headers in a response; `methods`: the other methods of a path are known; `rawHeaders`: in a request. `rawPath`: the path as the client sent it. `length`: responses have a Content-Length.
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
  | 'rawPath'
  | 'length'
  | 'methods'

export const ORIGIN = 'https://app.example'
export const BARE = { bare: true }
export const OOPS = { oops: true }
