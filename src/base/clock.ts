/** Seconds since 1970-01-01T00:00:00Z, fractions included; claims carry them floored (RFC 7519 §2, NumericDate). */
export type UnixSeconds = number & { readonly __is: 'UnixSeconds' }
/** A length of time in seconds. */
export type Seconds = number & { readonly __is: 'Seconds' }
/** Tells the time. One request asks it once, so that it has one "now". */
export type Clock = () => UnixSeconds

export const systemClock: Clock = () => (Date.now() / 1000) as UnixSeconds

export const seconds = (n: number): Seconds => n as Seconds
export const minutes = (n: number): Seconds => (n * 60) as Seconds
export const days = (n: number): Seconds => (n * 86_400) as Seconds

export const after = (start: UnixSeconds, length: Seconds): UnixSeconds =>
  (start + length) as UnixSeconds
/** The moment as a claim carries it. */
export const floorSeconds = (moment: UnixSeconds): UnixSeconds =>
  Math.floor(moment) as UnixSeconds
