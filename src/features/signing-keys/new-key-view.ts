import {
  button,
  checkbox,
  errorSummary,
  field,
  form,
  notice,
  secret,
  select,
} from '../../pages/components.ts'
import { type Html, html } from '../../pages/html.ts'
import type { OwnPageData } from '../account-pages/own/data.ts'
import { crumbs, ownPage } from '../account-pages/own/frame.ts'
import type { UserVisit } from '../pages/visit.ts'
import { NEW_KEY_PATH } from './paths.ts'
import { type ShownSigningKey, SIGNING_ALGORITHMS } from './signing-key.ts'
import { keyTexts } from './texts.ts'

export interface NewKeyData extends OwnPageData {
  /** Those to choose from. */
  readonly scopes: readonly string[]
  readonly created: ShownSigningKey | undefined
}

/** The form, or the key that was created now. */
export function newKeyView(visit: UserVisit, data: NewKeyData): Html {
  const texts = keyTexts[visit.language]
  const { created } = data
  const title = created === undefined ? texts.create : texts.created
  return ownPage(visit, data, {
    section: 'signing-keys',
    title,
    main: html`${crumbs(visit, 'signing-keys', title)}
${errorSummary(visit, data.errors)}
<h1>${title}</h1>
${created === undefined ? keyForm(visit, data) : shownKey(visit, created)}`,
  })
}

function shownKey(visit: UserVisit, created: ShownSigningKey): Html {
  const texts = keyTexts[visit.language]
  return html`<p>${texts.id} <code>${created.key.id}</code></p>
${created.secret !== undefined && notice('good', html`<p>${texts.shownOnce}</p>${secret(created.secret)}`)}
<div class="row"><a class="btn main" href="${visit.accountPath('/#signing-keys')}">${texts.toAccount}</a></div>`
}

const CHOICES = Object.keys(SIGNING_ALGORITHMS).map((name) => ({
  value: name,
  text: name,
}))

function keyForm(visit: UserVisit, data: NewKeyData): Html {
  const texts = keyTexts[visit.language]
  const { form: sent, accountPath } = visit
  const { errors } = data
  return form(
    visit,
    { action: accountPath(NEW_KEY_PATH) },
    html`${field(visit, { name: 'label', label: texts.label, value: sent.text('label'), autocomplete: 'off', maxlength: 150, errors: errors.label })}
${select(visit, { name: 'algorithm', label: texts.algorithm, value: sent.text('algorithm') || 'hmac-sha256', choices: CHOICES, errors: errors.algorithm ?? [] })}
${publicKeyField(visit, data)}
${scopeFields(visit, data)}
<div class="row">${button(texts.create, { kind: 'main' })}
<a class="btn" href="${accountPath('/#signing-keys')}">${texts.cancel}</a></div>`,
  )
}

function publicKeyField(visit: UserVisit, { errors }: NewKeyData): Html {
  const texts = keyTexts[visit.language]
  const { publicKey: faults = [] } = errors
  return html`<div class="field"><label for="publicKey">${texts.publicKey}</label>
<p class="hint" id="publicKey-hint">${texts.publicKeyHint}</p>
${faults.length > 0 && html`<p class="error" id="publicKey-error"><span class="seen-not">${visit.texts.common.error}</span>${faults.join(' ')}</p>`}
<textarea id="publicKey" name="publicKey" rows="4" spellcheck="false" autocomplete="off" autocapitalize="none" aria-describedby="publicKey-hint${faults.length > 0 && ' publicKey-error'}">${visit.form.text('publicKey')}</textarea></div>`
}

function scopeFields(visit: UserVisit, { scopes, errors }: NewKeyData): Html | false {
  if (scopes.length === 0) return false
  const { scopes: faults = [] } = errors
  const chosen = visit.form.all('scopes')
  return html`<fieldset id="scopes">
<legend>${keyTexts[visit.language].scopes}</legend>
${faults.length > 0 && html`<p class="error">${faults.join(' ')}</p>`}
${scopes.map((scope) =>
  checkbox({
    name: 'scopes',
    value: scope,
    text: scope,
    checked: chosen.includes(scope),
  }),
)}
</fieldset>`
}
