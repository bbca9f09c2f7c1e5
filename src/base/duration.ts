import type { Seconds } from './clock.ts'

/** A length of time: `"5m"`, `"1d"`, or a number of seconds. */
export type Duration = `${number}${'s' | 'm' | 'h' | 'd'}` | number

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const

const PATTERN = /^(\d{1,12}(?:\.\d{1,6})?)([smhd])$/

/** @returns the seconds of a duration, or `undefined` if the value is not a duration */
export function secondsOf(value: unknown): Seconds | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return value as Seconds
  if (typeof value !== 'string') return undefined
  const [, amount, unit] = PATTERN.exec(value) ?? []
  if (amount === undefined) return undefined
  return (Number(amount) * UNITS[unit as keyof typeof UNITS]) as Seconds
}
