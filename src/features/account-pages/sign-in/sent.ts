import type { Answer } from '../../../http/answer.ts'
import { seeOther } from '../../../pages/answers.ts'
import type { StepName } from '../../../pages/step-cookie.ts'
import { accountSettings } from '../../accounts/settings.ts'
import type { PageHandlers } from '../../pages/define-page.ts'
import type { Visit } from '../../pages/visit.ts'
import type { Link } from './data.ts'
import { pathWithNext, remember, remembered } from './flow.ts'
import { forgetLink } from './links.ts'
import { messagePage } from './message.ts'

/** Seconds for which the browser remembers where a message was sent to. */
export const SENT_LIFETIME = 3600

/** The address that a message was sent to from the page before, if one was. */
export const sentTo = (visit: Visit): string | undefined =>
  remembered(visit, 'sent')?.value

/** Goes on after a message was sent, the same whether or not the address has an account. @param pages by what the message has in it */
export function toSent(
  visit: Visit,
  email: string,
  pages: { readonly digits: string; readonly link: string },
): Answer {
  const step = remember(visit, 'sent', { value: email }, SENT_LIFETIME)
  const below = pages[accountSettings(visit.core).form]
  return seeOther(pathWithNext(visit, below), { cookies: [step, forgetLink(visit)] })
}

interface SentPage {
  readonly name: string
  readonly step: StepName
  /** Where a browser goes that opens the page without the step before. */
  readonly start: string
  link(visit: Visit): Link
}

/** A page that says where a message with a link was sent to. */
export const sentPage = ({ name, step, start, link }: SentPage): PageHandlers => ({
  get(visit) {
    const { sent } = visit.texts
    const { value } = remembered(visit, step) ?? {}
    if (value === undefined) return seeOther(visit.accountPath(start))
    return messagePage(visit, {
      name,
      title: sent.title,
      text: sent.text(value),
      hint: sent.hint,
      link: link(visit),
    })
  },
})

/** The way back to the page to sign in. */
export const signInLink = (visit: Visit): Link => ({
  text: visit.texts.signIn.back,
  href: pathWithNext(visit, '/sign-in/'),
})
