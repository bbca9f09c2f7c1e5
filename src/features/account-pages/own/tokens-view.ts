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
import { buttonForm, buttonLink, crumbs, ownPage, sectionOf } from './frame.ts'
import type { OwnPage } from './own-page.ts'
import { to } from './paths.ts'

/** The API tokens of the user, the first of them. */
export const tokensSection = (
  { tokens, viewer }: AccountData,
  page: OwnPage,
): HtmlValue =>
  tokens &&
  sectionOf(
    page,
    'tokens',
    html`<p>${page.texts.own.tokensIntro}</p>
${tokenList(tokens, viewer.actor === undefined, page)}`,
  )

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
): Html => html`${
  items.length === 0
    ? empty(html`<p>${page.texts.own.tokensEmpty}</p>`)
    : html`<ul class="items">
${items.map((each) => tokenItem(each, canChange, page))}
</ul>`
}
<div class="row">
${
  items.length < total &&
  html`<a class="btn" href="${to(page, 'tokens')}">${page.texts.own.showAll(total)}</a>`
}
${canChange && buttonLink(to(page, 'newToken'), page.texts.own.createToken)}
</div>`

const nameOf = ({ name }: TokenItem, { texts }: OwnPage): string =>
  name === undefined || name === '' ? texts.own.tokenUnnamed : name

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
  const rights = scopes.length === 0 ? own.fullAccess : own.mayDo(wordsOf(scopes, page))
  return html`<code>${hint}…</code> · ${rights} · ${own.added} ${dateOf(createdAt, page.language)} · ${expiryOf(expiresAt, page)}`
}

const wordsOf = (scopes: readonly string[], page: OwnPage): string =>
  scopes.map((scope) => scopeText(scope, page)).join(', ')

const scopeText = (scope: string, { texts }: OwnPage): string =>
  Object.hasOwn(texts.own.scopes, scope) ? (texts.own.scopes[scope] ?? scope) : scope

const expiryOf = (expiresAt: number | undefined, page: OwnPage): Html => {
  const { own } = page.texts
  if (expiresAt === undefined) return html`${own.neverExpires}`
  return html`${own.expires} ${dateOf(expiresAt, page.language)}`
}

const isExpired = ({ expiresAt }: TokenItem, { now }: OwnPage): boolean =>
  expiresAt !== undefined && expiresAt <= now

/** `/account/tokens/new/`: makes one, and shows it once. */
export function newTokenView(data: NewTokenData, page: OwnPage): Html {
  const { own } = page.texts
  const { created, errors } = data
  return ownPage(page, data, {
    section: 'tokens',
    title: own.createToken,
    main: html`${crumbs(page, 'tokens', own.createToken)}
${created !== undefined && createdNotice(created, page)}
${errorSummary(page, errors)}
<h1>${own.createToken}</h1>
${
  created === undefined
    ? tokenForm(data, page)
    : html`<div class="row"><a class="btn main" href="${to(page, 'account')}#tokens">${own.toAccount}</a></div>`
}`,
  })
}

const createdNotice = (
  { token, item }: NonNullable<NewTokenData['created']>,
  page: OwnPage,
): Html => {
  const { own } = page.texts
  return notice('good', html`<p>${own.tokenShownOnce}</p>${secret(token)}`, {
    title: own.tokenCreated(nameOf(item, page)),
  })
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
${scopes.length > 0 && scopeList(scopes, values.scopes, errors, page)}
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

const scopeList = (
  scopes: readonly string[],
  chosen: readonly string[],
  { scopes: faults = [] }: FieldErrors,
  page: OwnPage,
): Html => html`<fieldset id="scopes">
<legend>${page.texts.own.tokenScopes}</legend>
<p class="hint">${page.texts.own.tokenScopesHint}</p>
${faults.length > 0 && html`<p class="error">${faults.join(' ')}</p>`}
${scopes.map((scope) =>
  checkbox({
    name: 'scopes',
    value: scope,
    text: scopeText(scope, page),
    checked: chosen.includes(scope),
  }),
)}
</fieldset>`
