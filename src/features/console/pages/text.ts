import { type Html, html } from '../../../pages/html.ts'
import type { Count } from '../listing.ts'

/** Shown for an absent value. */
export const NONE = '–'

export const numberText = (value: number): string => value.toLocaleString('en')

/** Above 10,000 nothing is counted. */
export function countText({ count, isMore }: Count): string {
  if (isMore) return `more than ${numberText(count)}`
  return numberText(count)
}

export function plural(count: number, noun: string): string {
  if (count === 1) return `1 ${noun}`
  return `${numberText(count)} ${noun}s`
}

/** A text as it is, any other value as JSON. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return value
  return JSON.stringify(value) ?? ''
}

const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August'],
  ...['September', 'October', 'November', 'December'],
]

const isoOf = (moment: number): string => new Date(moment * 1000).toISOString()

/** A moment of today by its time, others by their date, in UTC. */
export function whenText(moment: number, now: number): Html {
  const iso = isoOf(moment)
  return html`<time datetime="${iso}">${dayText(iso, isoOf(now))}, ${iso.slice(11, 16)}</time>`
}

function dayText(iso: string, now: string): string {
  if (iso.slice(0, 10) === now.slice(0, 10)) return 'today'
  const [year = '', month = '', day = ''] = iso.slice(0, 10).split('-')
  const text = `${Number(day)} ${MONTHS[Number(month) - 1]}`
  if (now.startsWith(`${year}-`)) return text
  return `${text} ${year}`
}

/** The same, with the second: events of one second belong together. */
export function exactTimeText(moment: number, now: number): Html {
  const iso = isoOf(moment)
  const day = iso.slice(0, 10)
  const isToday = isoOf(now).startsWith(day)
  return html`<time datetime="${iso}">${!isToday && `${day} `}${iso.slice(11, 19)}</time>`
}
