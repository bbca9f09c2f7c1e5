import { type Html, html } from '../../../pages/html.ts'
import { dateOf, relativeTimeOf } from '../../../pages/time.ts'
import type { OwnPage } from './own-page.ts'

/** When something was added, and when it was used last. */
export function usesOf(
  {
    createdAt,
    lastUsedAt,
  }: { readonly createdAt: number; readonly lastUsedAt: number | undefined },
  page: OwnPage,
): Html {
  const { own } = page.texts
  return html`${own.added} ${dateOf(createdAt, page.language)}, ${lastUseOf(lastUsedAt, page)}`
}

/** `last used 3 days ago`, or that it was not used yet. */
export const lastUseOf = (lastUsedAt: number | undefined, page: OwnPage): Html => {
  const { own } = page.texts
  if (lastUsedAt === undefined) return html`${own.notUsed}`
  return html`${own.lastUsed} ${relativeTimeOf(lastUsedAt, page.now, page.language)}`
}
