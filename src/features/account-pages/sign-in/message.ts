import type { Html } from '../../../pages/html.ts'
import type { Visit } from '../../pages/visit.ts'
import type { MessageData } from './data.ts'
import { render } from './flow.ts'
import { renderMessage } from './views.ts'

/** A page that says one thing. */
export const messagePage = (visit: Visit, data: MessageData): Html =>
  render('message', renderMessage, data, visit)

/** A page that says one thing, and leads to the sign-in. */
export const toSignInPage = (
  visit: Visit,
  name: string,
  { title, text }: { readonly title: string; readonly text: string },
): Html =>
  messagePage(visit, {
    name,
    title,
    text,
    link: { text: visit.texts.signIn.title, href: visit.accountPath('/sign-in/') },
  })
