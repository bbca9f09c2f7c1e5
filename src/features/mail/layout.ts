import { listOf } from '../../base/optional.ts'
import type { Mail } from './message.ts'

/** What a mail says, before it is laid out. */
export interface Letter {
  readonly subject: string
  /** Paragraphs; shown before the link or the code. */
  readonly before: readonly string[]
  readonly link?: { readonly label: string; readonly url: string }
  readonly code?: string
  /** Paragraphs after it. */
  readonly after?: readonly string[]
}

/** Lays a letter out as plain text and as HTML. */
export function layOut(letter: Letter, app: string): Omit<Mail, 'to'> {
  return {
    subject: oneLine(letter.subject),
    text: textOf(letter, app),
    html: htmlOf(letter, app),
  }
}

function textOf({ before, link, code, after = [] }: Letter, app: string): string {
  const parts = [
    ...before,
    ...listOf(link?.url),
    ...listOf(code),
    ...after,
    `-- \n${app}`,
  ]
  return `${parts.join('\n\n')}\n`
}

function htmlOf({ before, link, code, after = [] }: Letter, app: string): string {
  const paragraph = (text: string): string => `<p>${escapeHtml(text)}</p>`
  const parts = [
    ...before.map(paragraph),
    ...listOf(link).map(linkOf),
    ...listOf(code).map((text) => `<p style="${CODE}">${escapeHtml(text)}</p>`),
    ...after.map(paragraph),
    `<p style="color:#666">${escapeHtml(app)}</p>`,
  ]
  return `<!doctype html><html><body style="${BODY}">${parts.join('')}</body></html>`
}

/** The address is shown, too: some programs show no links, and people may check it. */
function linkOf({
  label,
  url,
}: {
  readonly label: string
  readonly url: string
}): string {
  const address = escapeHtml(url)
  return `<p><a href="${address}">${escapeHtml(label)}</a></p><p style="color:#666">${address}</p>`
}

const BODY =
  'font-family:sans-serif;line-height:1.5;max-width:36em;margin:0 auto;padding:1em'
const CODE = 'font-size:1.75em;letter-spacing:0.15em;font-family:monospace'

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)

/** A line end in a header would begin another header (RFC 5322 §2.2). */
export const oneLine = (text: string): string =>
  text.replace(/[\0-\x1f\x7f\u2028\u2029]+/g, ' ')
