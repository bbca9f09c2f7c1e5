import { AsyncLocalStorage } from 'node:async_hooks'

/** The request during which something happens, as the log and the audit log record it. */
export interface RequestContext {
  readonly requestId?: string | undefined
  /** The client's address, read behind the trusted proxies. */
  readonly address?: string | undefined
  /** The acting user, if an administrator acts on another user's account. */
  readonly actor?: string | undefined
}

const current = new AsyncLocalStorage<RequestContext>()

/** @returns the context of the current request, or `undefined` outside of a request */
export const currentContext = (): RequestContext | undefined => current.getStore()

/** Runs `work`, and everything asynchronous that it starts, within a context. */
export const runInContext = <T>(context: RequestContext, work: () => T): T =>
  current.run(context, work)
