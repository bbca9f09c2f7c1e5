import { errorSummary, type FieldErrors } from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import type { AccountData, SectionName } from './data.ts'
import { factorsSection } from './factors-view.ts'
import { buttonLink, ownPage, sectionOf } from './frame.ts'
import type { OwnPage } from './own-page.ts'
import { passkeysSection } from './passkeys-view.ts'
import { passwordSection } from './password-view.ts'
import { to } from './paths.ts'
import { profileSection } from './profile-view.ts'
import { sessionsSection } from './sessions-view.ts'
import { tokensSection } from './tokens-view.ts'

/** The page `/account/`: everything of one user. */
export function accountView(data: AccountData, page: OwnPage): Html {
  const { errors, failed } = data
  return ownPage(page, data, {
    title: page.texts.own.account,
    main: html`${errorSummary(page, linkedErrors(errors, failed))}
<h1>${page.texts.own.account}</h1>
<div class="flow sections">
${data.viewer.sections.map((each) => sectionOf(each, contentOf(each.name, data, page)))}
</div>`,
  })
}

/** The ids of this page's inputs begin with the form's name: it has several forms. */
const linkedErrors = (errors: FieldErrors, failed = ''): FieldErrors =>
  Object.fromEntries(
    Object.entries(errors).map(([name, messages]) => [
      // A fault without a name is one of the form.
      name && `${failed}-${name}`,
      messages,
    ]),
  )

const dataSection: SectionView = (_, page) =>
  html`<p>${page.texts.own.exportIntro}</p>
<div class="row">${buttonLink(to(page, 'exportData'), page.texts.own.exportMyData)}</div>`

const deleteSection: SectionView = (_, page) =>
  html`<p>${page.texts.own.deleteIntro}</p>
<div class="row"><a class="btn danger" href="${to(page, 'deleteAccount')}">${page.texts.own.deleteThis}</a></div>`

type SectionView = (data: AccountData, page: OwnPage) => HtmlValue

const OWN_SECTIONS: Readonly<Record<SectionName, SectionView>> = {
  profile: profileSection,
  password: passwordSection,
  passkeys: passkeysSection,
  secondFactor: factorsSection,
  sessions: sessionsSection,
  tokens: tokensSection,
  data: dataSection,
  deleteAccount: deleteSection,
}

const VIEWS: ReadonlyMap<string, SectionView> = new Map(Object.entries(OWN_SECTIONS))

/** What stands below the heading of a section. */
const contentOf = (name: string, data: AccountData, page: OwnPage): HtmlValue =>
  VIEWS.get(name)?.(data, page) ?? data.added.get(name)
