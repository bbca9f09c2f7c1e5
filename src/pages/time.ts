import { type Html, html } from './html.ts'

/** The languages of the pages. */
export type Language = 'en' | 'de'

const LOCALES = { en: 'en-GB', de: 'de-DE' } as const

type Options = Intl.DateTimeFormatOptions

const formatters = new Map<string, Intl.DateTimeFormat>()

function format(language: Language, seconds: number, options: Options): string {
  const key = language + JSON.stringify(options)
  const known =
    formatters.get(key) ??
    new Intl.DateTimeFormat(LOCALES[language], { timeZone: 'UTC', ...options })
  formatters.set(key, known)
  return known.format(seconds * 1000)
}

const isoOf = (seconds: number): string =>
  new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')

/** A date, written out: `29 November 2026`. */
export const dateOf = (seconds: number, language: Language = 'en'): Html =>
  timeElement(seconds, format(language, seconds, DATE))

/** A moment with its zone, where people compare them: `29 November 2026 at 12:24 UTC`. */
export const momentOf = (seconds: number, language: Language = 'en'): Html =>
  timeElement(seconds, format(language, seconds, { ...DATE, ...CLOCK }))

/** A time of today: `12:24 UTC`. */
export const clockTimeOf = (seconds: number, language: Language = 'en'): Html =>
  timeElement(seconds, format(language, seconds, CLOCK))

const DATE: Options = { day: 'numeric', month: 'long', year: 'numeric' }
const CLOCK: Options = {
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
  timeZoneName: 'short',
}

const timeElement = (seconds: number, text: string): Html =>
  html`<time datetime="${isoOf(seconds)}">${text}</time>`

const UNITS = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

/** How long ago, or in how long: `3 minutes ago`, `in 4 minutes`. */
export function relativeTimeOf(
  seconds: number,
  now: number,
  language: Language = 'en',
): Html {
  const distance = seconds - now
  const [unit, size] =
    UNITS.find(([, length]) => Math.abs(distance) >= length) ?? (['second', 1] as const)
  const text = new Intl.RelativeTimeFormat(LOCALES[language], { numeric: 'auto' }).format(
    Math.trunc(distance / size),
    unit,
  )
  return timeElement(seconds, text)
}

const EXACT_UNITS = UNITS.filter(([unit]) => unit !== 'year' && unit !== 'month')

/** A length of time as it was set: `30 days`, `36 hours`. */
export function exactLengthOf(seconds: number, language: Language = 'en'): string {
  const [unit, size] =
    EXACT_UNITS.find(([, length]) => seconds % length === 0) ?? (['second', 1] as const)
  const options = { style: 'unit', unit, unitDisplay: 'long' } as const
  return new Intl.NumberFormat(LOCALES[language], options).format(seconds / size)
}

/** A length of time, rounded up: `4 minutes`, so that a client that waits so long is not refused again. */
export function lengthOf(seconds: number, language: Language = 'en'): string {
  const [unit, size] =
    UNITS.find(([, length]) => seconds >= length) ?? (['second', 1] as const)
  const options = { style: 'unit', unit, unitDisplay: 'long' } as const
  return new Intl.NumberFormat(LOCALES[language], options).format(
    Math.max(1, Math.ceil(seconds / size)),
  )
}
