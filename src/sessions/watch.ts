import type { SessionId } from './session.ts'

/** What others may have changed since the last word: these sessions have ended, the signing keys were turned, or whatever it is. */
export type Change =
  | { readonly kind: 'ended'; readonly sessions: readonly SessionId[] }
  | { readonly kind: 'keys' }
  | { readonly kind: 'anything' }

/** Whoever wants to know what other processes write. */
export interface Listener {
  changed(change: Change): void
  /**
   * All that others had committed by now has been told of. Said again and again while the store can be asked; where it stops,
   * this process is cut off.
   */
  upToDate(): void
}

/** Tells, until stopped, of what others write, within a second of its commit. Does not keep the process alive. */
export type Watch = (listener: Listener) => { stop(): void }
