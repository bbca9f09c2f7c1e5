import { AuthError } from '../../../base/errors.ts'
import { seeOther } from '../../../pages/answers.ts'
import { button, form } from '../../../pages/components.ts'
import { taskPage } from '../../../pages/document.ts'
import { html } from '../../../pages/html.ts'
import {
  cookiesAtSignOut,
  findBrowserSessions,
  revokeBrowserSession,
} from '../../browser-sessions/browser-session.ts'
import type { PageHandlers } from '../../pages/define-page.ts'
import { remembered, render } from './flow.ts'
import { messagePage } from './message.ts'
import { renderContinue } from './views.ts'

/** `/account/sign-out/`: a GET asks first. */
export const signOut: PageHandlers = {
  get(visit) {
    const { texts, accountPath } = visit
    if (visit.visitor === undefined) return seeOther(accountPath('/signed-out/'))
    return taskPage(visit, {
      title: texts.signOut.title,
      main: html`<div class="panel">
<h1>${texts.signOut.title}</h1>
<p>${texts.signOut.text}</p>
${form(visit, { action: accountPath('/sign-out/') }, button(texts.signOut.submit))}
</div>`,
    })
  },
  async post({ request, core, sessionSettings, accountPath }) {
    for (const each of await findBrowserSessions(request, sessionSettings, core))
      await revokeBrowserSession(each, core)
    const cookies = cookiesAtSignOut(request, sessionSettings)
    return seeOther(accountPath('/signed-out/'), { cookies })
  },
}

/** `/account/signed-out/` */
export const signedOut: PageHandlers = {
  get: (visit) =>
    messagePage(visit, {
      name: 'signedOut',
      title: visit.texts.signedOut.title,
      text: visit.texts.signedOut.text,
      hint: visit.texts.signedOut.hint,
      link: { text: visit.texts.signedOut.again, href: visit.accountPath('/sign-in/') },
    }),
}

/** `/account/deleted/` */
export const deleted: PageHandlers = {
  get: (visit) =>
    messagePage(visit, {
      name: 'deleted',
      title: visit.texts.deleted.title,
      text: visit.texts.deleted.text,
    }),
}

/**
 * `/account/continue/`: goes on to another origin, which the policy of the pages keeps forms from. Its address is in a cookie that only
 * this server can set: a link to this page that an attacker made redirects to no other site.
 */
export const continuePage: PageHandlers = {
  get(visit) {
    const { href = '' } = remembered(visit, 'continue') ?? {}
    const url = URL.parse(href)
    if (url === null || !/^https?:$/.test(url.protocol)) throw new AuthError('not_found')
    const data = { href: url.href, site: url.host }
    return render('continue', renderContinue, data, visit)
  },
}
