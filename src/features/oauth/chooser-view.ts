import { taskPage } from '../../pages/document.ts'
import { type Html, html } from '../../pages/html.ts'
import type { UserVisit } from '../pages/visit.ts'
import { consentTexts } from './texts.ts'

/** Asks which account to go on with (`prompt=select_account`). */
export function chooserPage(
  visit: UserVisit,
  client: string,
  paths: { readonly same: string; readonly other: string },
): Html {
  const texts = consentTexts[visit.language]
  const title = texts.choose(client)
  return taskPage(visit, {
    title,
    main: html`<div class="panel flow">
<h1>${title}</h1>
<a class="btn main wide" href="${paths.same}">${texts.goOnAs(visit.visitor.user.username)}</a>
<a class="btn wide" href="${paths.other}">${texts.otherAccount}</a>
</div>`,
  })
}
