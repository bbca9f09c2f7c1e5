import type { SessionId } from './session.ts'

/** A change by another process: sessions were revoked, the signing keys rotated, or anything may have changed. */
export type Change =
  | { readonly kind: 'revoked'; readonly sessions: readonly SessionId[] }
  | { readonly kind: 'keys' }
  | { readonly kind: 'anything' }

/** Receives the changes of other processes. */
export interface Listener {
  changed(change: Change): void
  /**
   * Everything that other processes had committed by now has been delivered. Called repeatedly while the store answers; if
   * the calls stop, this process is disconnected.
   */
  upToDate(): void
}

/** Delivers changes by others until stopped, within a second of their commit. Does not keep the process alive. */
export type Watch = (listener: Listener) => { stop(): void }
