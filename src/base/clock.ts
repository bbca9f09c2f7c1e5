/** Seconds since 1970-01-01T00:00:00Z, with fractions; claims carry whole seconds (RFC 7519 §2, NumericDate). */
export type UnixSeconds = number & { readonly __is: 'UnixSeconds' }
/** A length of time in seconds, as options and claims count it. */
export type Seconds = number & { readonly __is: 'Seconds' }
/** A length of time in milliseconds, as timers count it. */
export type Milliseconds = number & { readonly __is: 'Milliseconds' }

/** The wall clock. A request reads it once, so that all of it is judged at one moment. */
export type Clock = () => UnixSeconds

export const systemClock: Clock = () => (Date.now() / 1000) as UnixSeconds

/**
 * The monotonic clock of every runtime, since an arbitrary start. Code for Node.js alone has `base/monotonic.ts`, which loads
 * nothing.
 */
export const elapsedSeconds = (): Seconds => (performance.now() / 1000) as Seconds

export const milliseconds = (n: number): Milliseconds => n as Milliseconds
export const seconds = (n: number): Seconds => n as Seconds
export const minutes = (n: number): Seconds => (n * 60) as Seconds
export const days = (n: number): Seconds => (n * 86_400) as Seconds

export const toSeconds = (length: Milliseconds): Seconds => (length / 1000) as Seconds
export const toMilliseconds = (length: Seconds): Milliseconds =>
  (length * 1000) as Milliseconds

export const after = (start: UnixSeconds, length: Seconds): UnixSeconds =>
  (start + length) as UnixSeconds
/** The moment as a claim carries it. */
export const floorSeconds = (moment: UnixSeconds): UnixSeconds =>
  Math.floor(moment) as UnixSeconds
