import type { Platform } from './platform.ts'

/** The clocks of a device, in milliseconds. */
export interface Clock {
  /** Since 1970. */
  wall(): number
  /** That have passed, sleep included: some monotonic clocks stand still then. */
  now(): number
}

export function clockOf(platform: Platform): Clock {
  const wall = (): number => platform.Date.now()
  const read = () => [wall(), (platform.performance ?? platform.Date).now()] as const
  let ticks = 0
  let [lastWall, last] = read()
  return {
    wall,
    now() {
      const [date, time] = read()
      ticks += Math.max(time - last, date - lastWall, 0)
      last = time
      lastWall = date
      return ticks
    },
  }
}
