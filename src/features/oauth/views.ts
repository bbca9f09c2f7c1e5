import { button, form, hidden } from '../../pages/components.ts'
import { taskPage } from '../../pages/document.ts'
import { type Html, type HtmlValue, html } from '../../pages/html.ts'
import type { UserVisit, Visit } from '../pages/visit.ts'
import type { AuthorizationRequest } from './authorization-request.ts'
import { scopesOfAsked } from './claims-parameter.ts'
import type { StoredClient } from './client.ts'
import { applicationsOf, oauthSettings } from './issuer.ts'
import { logoutPath } from './options.ts'
import type { Parameters } from './parameters.ts'
import { wordsOf } from './scope-words.ts'
import { type ConsentTexts, consentTexts } from './texts.ts'

/** Asks for a consent. @param secret of the stored request @param other the path to sign in with another account */
export function consentPage(
  visit: UserVisit,
  { client, scopes, audiences, redirectUri, asked }: AuthorizationRequest,
  secret: string,
  other: string,
): Html {
  const texts = consentTexts[visit.language]
  const title = texts.title(client.name)
  const all = [...new Set([...scopes, ...scopesOfAsked(asked)])]
  const choices = html`${hidden('request', secret)}
${button(texts.allow, { name: 'decision', value: 'allow' })}
${button(texts.deny, { kind: 'wide', name: 'decision', value: 'deny' })}`
  return taskPage(visit, {
    title,
    main: html`<div class="panel flow">
<h1>${title}</h1>
${originOf(client, texts)}
<p>${texts.text(client.name)}</p>
<ul class="plain">${wordsOf(all, visit.language, visit.core).map((words) => html`<li>${words}</li>`)}</ul>
${servicesOf(audiences, visit, texts)}
<p class="hint">${texts.signedInAs(visit.visitor.user.username)} <a href="${other}">${texts.otherAccount}</a></p>
${form(visit, { action: oauthSettings(visit.core).authorizePath }, choices)}
<p class="hint">${texts.leadsTo(hostOf(redirectUri))}</p>
</div>`,
  })
}

/** What the tokens are for, if that is not the instance alone. */
function servicesOf(
  audiences: readonly string[],
  { core }: Visit,
  texts: ConsentTexts,
): HtmlValue {
  const { audiences: own } = applicationsOf(core)
  if (audiences.every((each) => own.includes(each))) return ''
  return html`<p>${texts.services(audiences.join(', '))}</p>`
}

/** Nobody has checked the name of an application that registered itself. */
function originOf(
  { id, registrationToken, documentUntil }: StoredClient,
  texts: ConsentTexts,
): HtmlValue {
  if (documentUntil !== undefined) return html`<p>${texts.ofHost(new URL(id).host)}</p>`
  if (registrationToken !== undefined) return html`<p>${texts.unchecked}</p>`
  return ''
}

const hostOf = (redirectUri: string): string =>
  new URL(redirectUri).host || new URL(redirectUri).protocol

/** The parameters of a sign-out that the form sends again. */
const LOGOUT_FIELDS = [
  'id_token_hint',
  'client_id',
  'post_logout_redirect_uri',
  'state',
] as const

/** Asks before the browser is signed out. */
export function signOutPage(visit: Visit, parameters: Parameters): Html {
  const { title, text, submit } = visit.texts.signOut
  const fields = LOGOUT_FIELDS.map((name) => {
    const value = parameters.get(name)
    return value !== undefined && hidden(name, value)
  })
  const { authorizePath } = oauthSettings(visit.core)
  return taskPage(visit, {
    title,
    main: html`<div class="panel">
<h1>${title}</h1>
<p>${text}</p>
${form(
  visit,
  { action: logoutPath(authorizePath) },
  [...fields, button(submit)].map((each) => html`${each}`),
)}
</div>`,
  })
}

/** Shows what is wrong with a request of an application. Nothing is sent to the application. */
export function refusedPage(visit: Visit, detail: string): Html {
  const texts = consentTexts[visit.language]
  return taskPage(visit, {
    title: texts.refused,
    main: html`<div class="panel flow">
<h1>${texts.refused}</h1>
<p>${texts.refusedText}</p>
<p><code lang="en">${detail}</code></p>
</div>`,
  })
}

/** Redirects to the application by itself: the CSP of the page before blocks redirects to other origins after a form. */
export function onwardPage(visit: Visit, client: string, href: string): Html {
  const title = consentTexts[visit.language].goOn(client)
  return taskPage(visit, {
    title,
    refresh: href,
    main: html`<div class="panel flow">
<h1>${title}</h1>
<a class="btn main wide" href="${href}">${title}</a>
</div>`,
  })
}

/** What the policy of the page must allow: a redirect after a form is a target of it. */
export function formTargetOf(redirectUri: string): string {
  const { protocol, hostname, origin } = new URL(redirectUri)
  // The grammar of policies has no IPv6 address (CSP 3 §2.3.1).
  const isSource = /^https?:$/.test(protocol) && !hostname.startsWith('[')
  return isSource ? origin : protocol
}
