import { claimsOf } from './claims.ts'

/** The clock of the server, by the answers of its endpoints. */
export interface ServerClock {
  /** Milliseconds since 1970. */
  now(): number
  /** Learns from the header `Date`, or from the new token. */
  compare(date: string | null, sentAt: number, access: unknown): void
}

/** For proofs, whose `iat` a server compares with its own clock. */
export function serverClockOf(wall: () => number): ServerClock {
  let offset = 0
  return {
    now: () => wall() + offset,
    compare(date, sentAt, access) {
      const issued = Number(claimsOf(access).iat) * 1000
      const dated = Date.parse(date ?? '') + 500
      const isTrusted = !(Math.abs(dated - issued) > 60_000)
      const server = isTrusted && dated ? dated : issued
      if (server) offset = server - (sentAt + wall()) / 2
    },
  }
}
