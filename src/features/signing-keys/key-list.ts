import { empty, form, tag } from '../../pages/components.ts'
import { type HtmlValue, html } from '../../pages/html.ts'
import { dateOf, relativeTimeOf } from '../../pages/time.ts'
import { buttonLink, unseen } from '../account-pages/own/frame.ts'
import type { Core } from '../core.ts'
import type { AccountVisit } from '../page-hooks.ts'
import { NEW_KEY_PATH, REVOKE_KEY_PATH } from './paths.ts'
import type { SigningKey } from './signing-key.ts'
import { listSigningKeys } from './signing-keys.ts'
import { keyTexts } from './texts.ts'

/** What stands in the section of the account. */
export async function keyList(visit: AccountVisit, core: Core): Promise<HtmlValue> {
  const texts = keyTexts[visit.language]
  const keys = await listSigningKeys({ userId: visit.user.id }, core)
  return html`<p>${texts.intro}</p>
${keys.length === 0 && empty(html`<p>${texts.none}</p>`)}
${keys.length > 0 && html`<ul class="items">${keys.map((key) => item(key, visit))}</ul>`}
${visit.canChange && html`<div class="row">${buttonLink(visit.accountPath(NEW_KEY_PATH), texts.create)}</div>`}`
}

function item(key: SigningKey, visit: AccountVisit): HtmlValue {
  const { now, canChange } = visit
  const texts = keyTexts[visit.language]
  const isExpired = (key.expiresAt ?? Number.POSITIVE_INFINITY) <= now
  return html`<li>
<div><strong>${key.label ?? texts.unnamed}</strong>
<p class="hint"><code>${key.id}</code></p>
<p class="hint">${texts.facts(key.algorithm, key.scopes.join(', '))}</p>
<p class="hint">${timesOf(key, visit)}</p></div>
${isExpired && tag(texts.expired, 'warn')}
${canChange && removal(key, visit)}</li>`
}

function timesOf({ createdAt, ...key }: SigningKey, visit: AccountVisit): HtmlValue {
  const { language, now } = visit
  const texts = keyTexts[language]
  const used = key.lastUsedAt
  const end = key.expiresAt
  return html`${texts.since} ${dateOf(createdAt, language)} · ${
    used === undefined
      ? texts.notUsed
      : html`${texts.lastUsed} ${relativeTimeOf(used, now, language)}`
  }${end !== undefined && html` · ${texts.expires} ${dateOf(end, language)}`}`
}

function removal({ id, label }: SigningKey, visit: AccountVisit): HtmlValue {
  const path = REVOKE_KEY_PATH.replace(':id', encodeURIComponent(id))
  const { revoke, unnamed } = keyTexts[visit.language]
  return form(
    visit,
    { action: visit.accountPath(path) },
    html`<button class="btn small">${revoke}${unseen(` ${label ?? unnamed}`)}</button>`,
  )
}
