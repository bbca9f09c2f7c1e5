import { button, field, form, hidden } from '../../../pages/components.ts'
import { taskPage } from '../../../pages/document.ts'
import { type Html, html } from '../../../pages/html.ts'
import { faultsOfCode } from '../../account-pages/sign-in/faults.ts'
import { formPage } from '../../account-pages/sign-in/views.ts'
import type { UserVisit } from '../../pages/visit.ts'
import type { StoredClient } from '../client.ts'
import { oauthSettings } from '../issuer.ts'
import { wordsOf } from '../scope-words.ts'
import { devicePath } from './device-options.ts'
import type { DeviceRequest } from './device-request.ts'
import { deviceTexts } from './texts.ts'

const actionOf = ({ core }: UserVisit): string =>
  devicePath(oauthSettings(core).authorizePath)

/** Asks for the code that a device shows. */
export function userCodePage(visit: UserVisit): Html {
  const texts = deviceTexts[visit.language]
  const action = actionOf(visit)
  const faults = faultsOfCode(visit, texts.wrongCode, { field: 'user_code' })
  const input = field(visit, {
    name: 'user_code',
    label: texts.code,
    value: visit.form.text('user_code') || (visit.query.get('user_code') ?? ''),
    errors: faults.errors.user_code,
    autocomplete: 'off',
    maxlength: 20,
    isVerbatim: true,
    isCode: true,
    autofocus: true,
  })
  const content = html`<p>${texts.text}</p>
${form(
  visit,
  { action: actionOf(visit) },
  html`${input}
${button(texts.submit)}`,
)}`
  return formPage(visit, { ...faults, action }, { title: texts.title, content })
}

/** Shows what the device asks for. @param secret of the stored question */
export function confirmDevicePage(
  visit: UserVisit,
  { client, asked, code }: { client: StoredClient; asked: DeviceRequest; code: string },
  secret: string,
): Html {
  const texts = deviceTexts[visit.language]
  const title = texts.confirmTitle(client.name)
  const choices = html`${hidden('request', secret)}
${button(texts.allow, { name: 'decision', value: 'allow' })}
${button(texts.deny, { kind: 'wide', name: 'decision', value: 'deny' })}`
  const words = wordsOf(asked.scopes, visit.language, visit.core)
  return taskPage(visit, {
    title,
    main: html`<div class="panel flow">
<h1>${title}</h1>
<p>${texts.compare} <strong><code>${code}</code></strong></p>
<p>${texts.warning}</p>
<p>${texts.confirmText(client.name)}</p>
<ul class="plain">${words.map((each) => html`<li>${each}</li>`)}</ul>
${asked.address !== undefined && html`<p class="hint">${texts.from(asked.address)}</p>`}
${form(visit, { action: actionOf(visit) }, choices)}
</div>`,
  })
}

/** Says what was decided. */
export function decidedPage(visit: UserVisit, client: string, isAllowed: boolean): Html {
  const texts = deviceTexts[visit.language]
  const title = isAllowed ? texts.allowed : texts.denied
  const text = isAllowed ? texts.allowedText(client) : texts.deniedText(client)
  return taskPage(visit, {
    title,
    main: html`<div class="panel flow">
<h1>${title}</h1>
<p>${text}</p>
</div>`,
  })
}
