import { type AuthError, errorAnswer } from '../base/errors.ts'
import { ifDefined, listIf } from '../base/optional.ts'
import { currentContext } from '../base/request-context.ts'
import { type Answer, content } from '../http/answer.ts'
import { pathOf } from '../http/query.ts'
import type { PageContext } from './context.ts'
import { taskPage } from './document.ts'
import { pageHeaders } from './headers.ts'
import { type Html, type HtmlValue, html } from './html.ts'
import type { ErrorName } from './texts/common.ts'
import { clockTimeOf, lengthOf } from './time.ts'

/** What the page of an error shows. */
export interface ErrorData {
  readonly status: number
  readonly name: ErrorName
  readonly title: string
  readonly text: string
  /** When to try again, in seconds since 1970, and how long that is. */
  readonly retry: Retry | undefined
  /** What the log has of a failure of the server. */
  readonly reference: string | undefined
  /** The target of the button: the same page, or the sign-in page. */
  readonly href: string
  /** The words of the button. */
  readonly link: string
}

/** When to try again: a moment in seconds since 1970, and how long that is. */
export interface Retry {
  readonly at: number
  readonly after: number
}

export type RenderError = (data: ErrorData, page: PageContext) => Html

/** The answer with the page of an error. No detail of the error is in it. */
export function errorPage(
  error: AuthError,
  page: PageContext,
  render: RenderError = defaultErrorPage,
): Answer {
  const { status, headers } = errorAnswer(error, [])
  const text = String(render(errorDataOf(error, status, page), page))
  return content('text/html; charset=utf-8', text, {
    status,
    headers: [...headers, ...pageHeaders(text)],
  })
}

function errorDataOf(error: AuthError, status: number, page: PageContext): ErrorData {
  const name = errorNameOf(error)
  return {
    status,
    name,
    ...page.texts.errors[name],
    ...wayOn(name, page),
    retry: ifDefined(error.retryAfter, (seconds) => retryIn(seconds, page)),
    reference: referenceOf(name),
  }
}

function retryIn(seconds: number, { now }: PageContext): Retry {
  const after = Math.ceil(seconds)
  return { at: now + after, after }
}

/** Of a failure of the server, which the log has with it. */
function referenceOf(name: ErrorName): string | undefined {
  if (name !== 'server') return undefined
  return currentContext()?.requestId
}

/** The button: the page again, or the start. */
function wayOn(
  name: ErrorName,
  { url, site, texts }: PageContext,
): Pick<ErrorData, 'href' | 'link'> {
  // The query may hold the value of a link that was redeemed.
  if (SAME_PAGE.has(name)) return { href: pathOf(url), link: texts.common.retry }
  return { href: site.home, link: texts.common.goTo(site.name) }
}

const SAME_PAGE: ReadonlySet<ErrorName> = new Set([
  'outdatedForm',
  'throttled',
  'unavailable',
  'badRequest',
])

function errorNameOf({ code, status }: AuthError): ErrorName {
  if (code === 'invalid_code') return 'invalidLink'
  if (code === 'csrf_failed') return 'outdatedForm'
  return BY_STATUS[status] ?? 'badRequest'
}

const BY_STATUS: Readonly<Record<number, ErrorName>> = {
  401: 'forbidden',
  403: 'forbidden',
  404: 'notFound',
  405: 'method',
  413: 'tooLarge',
  415: 'mediaType',
  429: 'throttled',
  500: 'server',
  503: 'unavailable',
}

export const defaultErrorPage: RenderError = (data, page) =>
  taskPage(page, {
    title: data.title,
    scripts: listIf(data.retry !== undefined, 'countdown.js'),
    main: html`<div class="panel flow">
<h1>${data.title}</h1>
<p>${data.text}</p>
${data.retry !== undefined && html`<p>${retryText(data.retry, page)}</p>`}
<a class="btn main wide" href="${data.href}">${data.link}</a>
${data.reference !== undefined && html`<p class="hint">${page.texts.common.reference} <code>${data.reference}</code></p>`}
</div>`,
  })

/** Such as "Try again in 4 minutes, at 12:24 UTC.", in a paragraph. With the script `countdown.js` the time is counted down. */
export const retryText = (
  { at, after }: Retry,
  { texts: { common }, language }: PageContext,
): HtmlValue => {
  // Words around markup: what a text makes of its parameters is known once it was called.
  const parts: Readonly<Record<string, Html>> = {
    '\u0001': timerOf(after, lengthOf(after, language), common.retryNow),
    '\u0002': clockTimeOf(at, language),
  }
  const sentence = common.retryAt('\u0001', '\u0002')
  return sentence.split(/([\u0001\u0002])/).map((part) => parts[part] ?? part)
}

/** A timer is not read aloud at each change. */
const timerOf = (after: number, length: string, over: string): Html =>
  html`<span role="timer" data-after="${after}" data-over="${over}">${length}</span>`
