/** The directives of Python's `strftime` that a date in UTC has, in English. */
const DIRECTIVES: Readonly<Record<string, (date: Date) => string>> = {
  Y: (date) => String(date.getUTCFullYear()).padStart(4, '0'),
  y: (date) => padded(date.getUTCFullYear() % 100),
  m: (date) => padded(date.getUTCMonth() + 1),
  d: (date) => padded(date.getUTCDate()),
  H: (date) => padded(date.getUTCHours()),
  I: (date) => padded(date.getUTCHours() % 12 || 12),
  M: (date) => padded(date.getUTCMinutes()),
  S: (date) => padded(date.getUTCSeconds()),
  f: (date) => `${padded(date.getUTCMilliseconds(), 3)}000`,
  p: (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
  j: (date) => padded(dayOfYear(date), 3),
  a: named({ weekday: 'short' }),
  A: named({ weekday: 'long' }),
  b: named({ month: 'short' }),
  B: named({ month: 'long' }),
  z: () => '+0000',
  Z: () => 'UTC',
  '%': () => '%',
}

const padded = (n: number, width = 2): string => String(n).padStart(width, '0')

const dayOfYear = (date: Date): number =>
  1 + Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000)

function named(options: Intl.DateTimeFormatOptions): (date: Date) => string {
  return (date) => date.toLocaleString('en-US', { ...options, timeZone: 'UTC' })
}

const DIRECTIVE = /%(.?)/gs

/** Whether all directives of a format are known. */
export const isExpiryFormat = (format: string): boolean =>
  [...format.matchAll(DIRECTIVE)].every(([, name = '']) =>
    Object.hasOwn(DIRECTIVES, name),
  )

/** @param format whose directives are known */
export const strftime = (format: string, date: Date): string =>
  format.replace(DIRECTIVE, (_, name: string) => DIRECTIVES[name]?.(date) ?? '')
