import { form } from '../../pages/components.ts'
import { type HtmlValue, html } from '../../pages/html.ts'
import { dateOf, relativeTimeOf } from '../../pages/time.ts'
import { unseen } from '../account-pages/own/frame.ts'
import type { Core } from '../core.ts'
import type { AccountVisit } from '../page-hooks.ts'
import { applicationTexts } from './application-texts.ts'
import { DISCONNECT_PATH } from './options.ts'
import { type ConnectedApplication, connectedApplications } from './own-applications.ts'
import { wordsOf } from './scope-words.ts'

/** What stands in the section of the account. */
export async function applicationList(
  visit: AccountVisit,
  core: Core,
): Promise<HtmlValue> {
  const texts = applicationTexts[visit.language]
  const applications = await connectedApplications(visit.user.id, core)
  if (applications.length === 0) return html`<p class="hint">${texts.none}</p>`
  return html`<p>${texts.intro}</p>
<ul class="items">${applications.map((each) => item(each, visit, core))}</ul>`
}

function item(
  application: ConnectedApplication,
  visit: AccountVisit,
  core: Core,
): HtmlValue {
  const { language, canChange } = visit
  const texts = applicationTexts[language]
  const words = wordsOf(application.scopes, language, core).join(', ')
  return html`<li>
<div><strong>${application.name}</strong><p class="hint">${texts.may(words)}</p><p class="hint">${texts.since} ${dateOf(application.createdAt, language)}, ${lastUse(application, visit)}</p></div>
${canChange && removal(application, visit)}</li>`
}

function lastUse(
  { lastUsedAt }: ConnectedApplication,
  { language, now }: AccountVisit,
): HtmlValue {
  const texts = applicationTexts[language]
  if (lastUsedAt === undefined) return texts.notUsed
  return html`${texts.lastUsed} ${relativeTimeOf(lastUsedAt, now, language)}`
}

function removal({ id, name }: ConnectedApplication, visit: AccountVisit): HtmlValue {
  const action = visit.accountPath(DISCONNECT_PATH.replace(':id', id))
  const { disconnect } = applicationTexts[visit.language]
  return form(
    visit,
    { action },
    html`<button class="btn small">${disconnect}${unseen(` ${name}`)}</button>`,
  )
}
