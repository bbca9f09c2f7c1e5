import { ownMember } from '../../../base/optional.ts'
import {
  button,
  checkbox,
  empty,
  errorSummary,
  type FieldErrors,
  field,
  form,
  notice,
  secret,
  select,
  tag,
} from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import { dateOf } from '../../../pages/time.ts'
import type {
  AccountData,
  NewTokenData,
  TokenItem,
  TokensData,
  TokensPageData,
} from './data.ts'
import { buttonForm, buttonLink, crumbs, ownPage } from './frame.ts'
import type { OwnPage } from './own-page.ts'
import { to } from './paths.ts'

/** The API tokens of the user, the first of them. */
export const tokensSection = (
  { tokens, viewer }: AccountData,
  page: OwnPage,
): HtmlValue =>
  tokens &&
  html`<p>${page.texts.own.tokensIntro}</p>
${tokenList(tokens, viewer.actor === undefined, page)}`

/** `/account/tokens/`: all of them. */
export const tokensView = (data: TokensPageData, page: OwnPage): Html =>
  ownPage(page, data, {
    section: 'tokens',
    title: page.texts.own.tokens,
    main: html`${crumbs(page, 'tokens', page.texts.own.tokens)}
<h1>${page.texts.own.tokens}</h1>
<p>${page.texts.own.tokensIntro}</p>
${tokenList(data.tokens, data.viewer.actor === undefined, page)}`,
  })

const tokenList = (
  { items, total }: TokensData,
  canChange: boolean,
  page: OwnPage,
): Html => html`${tokenItems(items, canChange, page)}
<div class="row">
${
  items.length < total &&
  html`<a class="btn" href="${to(page, 'tokens')}">${page.texts.own.showAll(total)}</a>`
}
${canChange && buttonLink(to(page, 'newToken'), page.texts.own.createToken)}
</div>`

function tokenItems(
  items: readonly TokenItem[],
  canChange: boolean,
  page: OwnPage,
): Html {
  if (items.length === 0) return empty(html`<p>${page.texts.own.tokensEmpty}</p>`)
  return html`<ul class="items">
${items.map((each) => tokenItem(each, canChange, page))}
</ul>`
}

const nameOf = ({ name }: TokenItem, { texts }: OwnPage): string =>
  name || texts.own.tokenUnnamed

const tokenItem = (token: TokenItem, canChange: boolean, page: OwnPage): Html => {
  const { own } = page.texts
  const name = nameOf(token, page)
  return html`<li>
<div><strong>${name}</strong><p class="hint">${factsOf(token, page)}</p></div>
${isExpired(token, page) && tag(own.expired, 'warn')}
${canChange && buttonForm(page, to(page, 'token', token.id), own.revoke, { of: name })}
</li>`
}

const factsOf = (
  { hint, scopes, createdAt, expiresAt }: TokenItem,
  page: OwnPage,
): Html => {
  const { own } = page.texts
  return html`<code>${hint}…</code> · ${rightsOf(scopes, page)} · ${own.added} ${dateOf(createdAt, page.language)} · ${expiryOf(expiresAt, page)}`
}

/** What a token may do, in words. */
function rightsOf(scopes: readonly string[], page: OwnPage): string {
  const { own } = page.texts
  if (scopes.length === 0) return own.fullAccess
  return own.mayDo(scopes.map((scope) => scopeText(scope, page)).join(', '))
}

const scopeText = (scope: string, { texts }: OwnPage): string =>
  ownMember(texts.own.scopes, scope) ?? scope

const expiryOf = (expiresAt: number | undefined, page: OwnPage): Html => {
  const { own } = page.texts
  if (expiresAt === undefined) return html`${own.neverExpires}`
  return html`${own.expires} ${dateOf(expiresAt, page.language)}`
}

const isExpired = ({ expiresAt }: TokenItem, { now }: OwnPage): boolean =>
  expiresAt !== undefined && expiresAt <= now

/** `/account/tokens/new/`: makes one, and shows it once. */
export function newTokenView(data: NewTokenData, page: OwnPage): Html {
  const { title, content } = tokenStep(data, page)
  return ownPage(page, data, {
    section: 'tokens',
    title,
    main: html`${crumbs(page, 'tokens', title)}
${errorSummary(page, data.errors)}
<h1>${title}</h1>
${content}`,
  })
}

function tokenStep(data: NewTokenData, page: OwnPage) {
  const { own } = page.texts
  const { created } = data
  if (created === undefined)
    return { title: own.createToken, content: tokenForm(data, page) }
  const name = nameOf(created.item, page)
  return { title: own.tokenCreated(name), content: shownToken(created.token, page) }
}

const shownToken = (token: string, page: OwnPage): Html => {
  const { own } = page.texts
  return html`${notice('good', html`<p>${own.tokenShownOnce}</p>${secret(token)}`)}
<div class="row"><a class="btn main" href="${to(page, 'account')}#tokens">${own.toAccount}</a></div>`
}

/** The lengths of life that the form offers. */
export const EXPIRIES = ['30d', '90d', '365d', 'never'] as const

const tokenForm = ({ scopes, values, errors }: NewTokenData, page: OwnPage): Html => {
  const { own } = page.texts
  return form(
    page,
    { action: to(page, 'newToken') },
    html`${field(page, {
      name: 'name',
      label: own.tokenName,
      hint: own.tokenNameHint,
      value: values.name,
      autocomplete: 'off',
      maxlength: 100,
      errors: errors.name,
    })}
${accessFields(scopes, values, errors, page)}
${select(page, {
  name: 'expires_in',
  label: own.tokenExpires,
  value: values.expiry,
  choices: EXPIRIES.map((value) => ({ value, text: own.tokenExpiry[value] })),
  errors: errors.expires_in ?? [],
})}
<div class="row">${button(own.createToken, { kind: 'main' })}
<a class="btn" href="${to(page, 'account')}">${own.cancel}</a></div>`,
  )
}

/** The value of the checkbox `access`. */
export const FULL_ACCESS = 'full'

/** What the token may do: one of the scopes at least, or everything. Without scopes to choose from it is said to be everything. */
function accessFields(
  scopes: readonly string[],
  values: NewTokenData['values'],
  { scopes: faults = [] }: FieldErrors,
  page: OwnPage,
): Html {
  const { own } = page.texts
  if (scopes.length === 0)
    return html`<div class="notice warn"><p>${own.tokenFull}</p></div>`
  return html`<fieldset id="scopes">
<legend>${own.tokenScopes}</legend>
${faults.length > 0 && html`<p class="error">${faults.join(' ')}</p>`}
${scopes.map((scope) =>
  checkbox({
    name: 'scopes',
    value: scope,
    text: scopeText(scope, page),
    checked: values.scopes.includes(scope),
  }),
)}
${checkbox({
  name: 'access',
  value: FULL_ACCESS,
  text: html`<strong>${own.tokenEverything}</strong>`,
  checked: values.access === FULL_ACCESS,
})}
<p class="hint">${own.tokenEverythingHint}</p>
</fieldset>`
}
