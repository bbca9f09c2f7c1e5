import type { Seconds } from './clock.ts'

/** A length of time: `"5m"`, `"1d"`, or a number of seconds. */
export type Duration = `${number}${'s' | 'm' | 'h' | 'd'}` | number

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const

/** The seconds that a duration spells, or `undefined` where it spells none. */
export function secondsOf(value: unknown): Seconds | undefined {
  if (typeof value === 'number')
    return Number.isFinite(value) ? (value as Seconds) : undefined
  const match =
    typeof value === 'string' ? /^(\d{1,12}(?:\.\d{1,6})?)([smhd])$/.exec(value) : null
  if (match === null) return undefined
  return (Number(match[1]) * UNITS[match[2] as keyof typeof UNITS]) as Seconds
}
