/** A length of time in words: the two largest units. */
export function lengthOf(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole === 0) return '0 seconds'
  const parts: string[] = []
  let rest = whole
  for (const [name, size] of UNITS) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count} ${name}${count === 1 ? '' : 's'}`)
  }
  return parts.slice(0, 2).join(' ')
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August'],
  ...['September', 'October', 'November', 'December'],
]

/** Dates that JavaScript can write. */
const LAST_MOMENT = 253_402_300_799

/** A moment, written out in UTC: `29 November 2026, 12:20:29 UTC`. */
export function momentText(moment: number): string {
  if (!(moment >= 0 && moment <= LAST_MOMENT)) return String(moment)
  const date = new Date(moment * 1000)
  const day = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`
  return `${day}, ${date.toISOString().slice(11, 19)} UTC`
}
