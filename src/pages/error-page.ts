import { type AuthError, errorAnswer } from '../base/errors.ts'
import { currentContext } from '../base/request-context.ts'
import { type Answer, content } from '../http/answer.ts'
import type { PageContext } from './context.ts'
import { taskPage } from './document.ts'
import { pageHeaders } from './headers.ts'
import { type Html, html } from './html.ts'
import type { ErrorName } from './texts/common.ts'
import { clockTimeOf, lengthOf } from './time.ts'

/** What the page of an error shows. */
export interface ErrorData {
  readonly status: number
  readonly name: ErrorName
  readonly title: string
  readonly text: string
  /** When to try again, in seconds since 1970, and how long that is. */
  readonly retry: { readonly at: number; readonly after: number } | undefined
  /** What the log has of a failure of the server. */
  readonly reference: string | undefined
  /** Where the button leads to: the page again, or that of signing in. */
  readonly href: string
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
  const { retryAfter } = error
  const after = Math.ceil(retryAfter ?? 0)
  return {
    status,
    name,
    ...page.texts.errors[name],
    retry: retryAfter === undefined ? undefined : { at: page.now + after, after },
    reference: name === 'server' ? currentContext()?.requestId : undefined,
    href: SAME_PAGE.has(name) ? pathOf(page.url) : page.site.home,
  }
}

const SAME_PAGE: ReadonlySet<ErrorName> = new Set([
  'outdatedForm',
  'throttled',
  'unavailable',
  'badRequest',
])

/** The query may hold the value of a link that was redeemed. */
const pathOf = (url: string): string => url.replace(/[?#].*$/s, '')

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
    main: html`<div class="panel flow">
<h1>${data.title}</h1>
<p>${data.text}</p>
${data.retry !== undefined && html`<p>${retryText(data.retry, page)}</p>`}
<a class="btn main wide" href="${data.href}">${linkText(data.name, page)}</a>
${data.reference !== undefined && html`<p class="hint">${page.texts.common.reference} <code>${data.reference}</code></p>`}
</div>`,
  })

const linkText = (name: ErrorName, { texts, site }: PageContext): string =>
  SAME_PAGE.has(name) ? texts.common.retry : site.name

/** @returns such as "Try again in 4 minutes, at 12:24 UTC." */
export const retryText = (
  { at, after }: { readonly at: number; readonly after: number },
  { texts, language }: PageContext,
): string =>
  texts.common.retryAt(
    lengthOf(after, language),
    String(clockTimeOf(at, language)).replace(/<[^>]*>/g, ''),
  )
