import { button, form } from '../../pages/components.ts'
import { type HtmlValue, html } from '../../pages/html.ts'
import { withNext } from '../../pages/next-path.ts'
import type { Core } from '../core.ts'
import type { AccountVisit, SignInButton, SignInVisit } from '../page-hooks.ts'
import { SOCIAL_PATHS } from './callback-address.ts'
import { providersIn } from './options.ts'
import { listIdentities } from './own-identities.ts'
import type { ProviderSettings } from './provider.ts'
import { SOCIAL_TEXTS } from './texts.ts'

const providersOf = ({ section }: Pick<Core, 'section'>): readonly ProviderSettings[] => [
  ...providersIn(section).values(),
]

/** A button for each provider. */
export const socialButtons = (
  { language, next, accountPath }: SignInVisit,
  core: Core,
): readonly SignInButton[] =>
  providersOf(core).map(({ name, label }) => ({
    name,
    text: SOCIAL_TEXTS[language].with(label),
    href: withNext(accountPath(SOCIAL_PATHS.signIn.replace(':provider', name)), next),
  }))

/** The content of the section "Connected accounts" of the account page. */
export async function identityList(visit: AccountVisit, core: Core): Promise<HtmlValue> {
  const { user, language, canChange } = visit
  const texts = SOCIAL_TEXTS[language]
  const identities = await listIdentities(user.id, core)
  const labels = new Map(providersOf(core).map(({ name, label }) => [name, label]))
  return html`<p>${texts.intro}</p>
<ul class="items">${identities.map(
    ({ id, provider, email, subject }) => html`<li>
<div><strong>${labels.get(provider) ?? provider}</strong><p class="hint">${email ?? subject}</p></div>
${canChange && removal(visit, id)}</li>`,
  )}</ul>
${identities.length === 0 && html`<p class="hint">${texts.none}</p>`}
${canChange && connections(visit, core)}`
}

const removal = (visit: AccountVisit, id: string): HtmlValue => {
  const action = visit.accountPath(SOCIAL_PATHS.remove.replace(':id', id))
  const { disconnect } = SOCIAL_TEXTS[visit.language]
  return form(visit, { action }, button(disconnect, { kind: 'small' }))
}

const connections = (visit: AccountVisit, core: Core): HtmlValue =>
  html`<div class="row">${providersOf(core).map(({ name, label }) => {
    const path = SOCIAL_PATHS.connect.replace(':provider', name)
    const { connect } = SOCIAL_TEXTS[visit.language]
    return html`<a class="btn small" href="${visit.accountPath(path)}">${connect(label)}</a>`
  })}</div>`
