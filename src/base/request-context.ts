import { AsyncLocalStorage } from 'node:async_hooks'

/** On which occasion something is done: told beside what happens, in the log and in the audit log. */
export interface RequestContext {
  readonly requestId?: string | undefined
  /** The client's, behind the proxies that are trusted. */
  readonly address?: string | undefined
  /** Who does it, where somebody else does than the user. */
  readonly actor?: string | undefined
}

const current = new AsyncLocalStorage<RequestContext>()

/** The one of whoever asks; `undefined` outside of all. */
export const currentContext = (): RequestContext | undefined => current.getStore()

/** Does something, and all that comes of it, on an occasion. */
export const runInContext = <T>(on: RequestContext, work: () => T): T =>
  current.run(on, work)
