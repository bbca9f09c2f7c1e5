import type { SessionId } from './session.ts'

/** What others may have changed since the last word: these sessions have ended, the signing keys were turned, or whatever it is. */
export type Change =
  | { readonly kind: 'revoked'; readonly sessions: readonly SessionId[] }
  | { readonly kind: 'keys' }
  | { readonly kind: 'anything' }

/** Receives the changes of other processes. */
export interface Listener {
  changed(change: Change): void
  /**
   * Everything that others had committed by now has been delivered. Called repeatedly while the store answers; if it stops,
   * this process is cut off.
   */
  upToDate(): void
}

/** Delivers changes by others until stopped, within a second of their commit. Does not keep the process alive. */
export type Watch = (listener: Listener) => { stop(): void }
