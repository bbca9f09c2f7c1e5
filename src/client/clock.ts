import { claimsOf } from './claims.ts'
import type { Platform } from './platform.ts'

/** The clocks of a device, in milliseconds. */
export interface Clock {
  /** Since 1970. */
  wall(): number
  /** Of the server, since 1970. */
  served(): number
  /** That have passed, sleep included: some monotonic clocks stand still then. */
  now(): number
  /** Learns the server's from the header `Date`, or from the new token. */
  compare(date: string | null, sentAt: number, access: unknown): void
}

export function clockOf(platform: Platform): Clock {
  const wall = (): number => platform.Date.now()
  const monotonic = (): number => (platform.performance ?? platform.Date).now()
  let ticks = 0
  let offset = 0
  let lastWall = wall()
  let lastMonotonic = monotonic()
  return {
    wall,
    served: () => wall() + offset,
    now() {
      const [time, date] = [monotonic(), wall()]
      ticks += Math.max(time - lastMonotonic, date - lastWall, 0)
      lastMonotonic = time
      lastWall = date
      return ticks
    },
    compare(date, sentAt, access) {
      const issued = Number(claimsOf(access).iat) * 1000
      const dated = Date.parse(date ?? '') + 500
      const isTrusted = !(Math.abs(dated - issued) > 60_000)
      const server = isTrusted && dated ? dated : issued
      if (server) offset = server - (sentAt + wall()) / 2
    },
  }
}
