import { AuthError } from '../../../base/errors.ts'
import type { Answer } from '../../../http/answer.ts'
import { seeOther, shown } from '../../../pages/answers.ts'
import type { Form } from '../../../pages/form.ts'
import type { Html } from '../../../pages/html.ts'
import type { PageHandlers } from '../../pages/define-page.ts'
import type { Visit } from '../../pages/visit.ts'
import { beginTotp } from '../../second-factors/factors.ts'
import {
  finishSignIn,
  finishWithNewTotp,
  readTicket,
} from '../../second-factors/sign-in.ts'
import { renderRecoveryCodes, renderSecondFactor, renderSetUp } from './account-views.ts'
import type { SecondFactorData, SetUpData } from './data.ts'
import { codeIn, faultsOfCode, requireFilled } from './faults.ts'
import { forget, nextOf, pathWithNext, remembered, render, startSession } from './flow.ts'
import { messagePage } from './message.ts'
import { completeSecondStep, deviceCookies, rememberDataOf } from './remembered-device.ts'

/** `/account/second-factor/` */
export const secondFactor: PageHandlers = {
  get(visit) {
    if (visit.query.get('done') === 'outdated') return outdatedPage(visit)
    const step = remembered(visit, 'ticket')
    if (step === undefined) return seeOther(pathWithNext(visit, '/sign-in/'))
    const data: SecondFactorData = {
      ...faultsOfCode(visit, visit.texts.secondFactor.wrong, { field: fieldIn(visit) }),
      action: pathWithNext(visit, '/second-factor/'),
      methods: methodsIn(step.methods),
      remember: rememberDataOf(visit),
      passkey: pathWithNext(visit, '/second-factor/passkey/'),
      back: pathWithNext(visit, '/sign-in/'),
    }
    return render('secondFactor', renderSecondFactor, data, visit)
  },
  async post(visit) {
    const name = fieldIn(visit)
    requireFilled(visit, [name])
    const ticket = ticketOf(visit)
    if (ticket === '') throw new AuthError('invalid_code', 'there is no ticket')
    const code = codeIn(visit, name)
    const complete = completeSecondStep(visit)
    const { result } = await finishSignIn(ticket, code, complete, visit.core)
    return result
  },
}

/** The page has a form for each. */
function fieldIn({ form }: Visit): 'code' | 'recovery' {
  if (form.has('recovery')) return 'recovery'
  return 'code'
}

const ticketOf = (visit: Visit): string => remembered(visit, 'ticket')?.ticket ?? ''

const METHODS = ['totp', 'passkey', 'recovery'] as const

/** The cookie is the browser's, so only known names count. */
const methodsIn = (list = ''): SecondFactorData['methods'] =>
  METHODS.filter((method) => list.split(' ').includes(method))

const outdatedPage = (visit: Visit) =>
  messagePage(visit, {
    name: 'outdated',
    title: visit.texts.errors.invalidLink.title,
    text: visit.texts.secondFactor.outdated,
    link: { text: visit.texts.signIn.title, href: pathWithNext(visit, '/sign-in/') },
  })

/** `/account/second-factor/set-up/`: for a user who needs a second factor and has none. */
export const setUp: PageHandlers = {
  get(visit) {
    if (remembered(visit, 'ticket') === undefined)
      return seeOther(pathWithNext(visit, '/sign-in/'))
    return setUpPage(visit, totpIn(visit))
  },
  post(visit) {
    if (visit.form.has('begin')) return beginSetUp(visit)
    return finishSetUp(visit)
  },
}

async function beginSetUp(visit: Visit): Promise<Html> {
  const { core } = visit
  const { account, enrolls } = await readTicket(ticketOf(visit), core)
  if (!enrolls) throw new AuthError('invalid_code')
  return setUpPage(visit, await beginTotp(account.user, '', core))
}

async function finishSetUp(visit: Visit): Promise<Answer> {
  requireFilled(visit, ['code'])
  const proof = { ticket: ticketOf(visit), id: visit.form.text('id') }
  const { result, recoveryCodes = [] } = await finishWithNewTotp(
    { ...proof, code: codeIn(visit) },
    async (account, methods) => [
      ...(await startSession(visit, account, methods)),
      ...(await deviceCookies(account.user, visit)),
    ],
    visit.core,
  )
  const data = { codes: recoveryCodes, next: nextOf(visit) ?? visit.site.home }
  const page = render('recoveryCodes', renderRecoveryCodes, data, visit)
  return shown(page, visit.site, { cookies: [...result, forget(visit, 'ticket')] })
}

function setUpPage(visit: Visit, totp: SetUpData['totp']): Html {
  const data: SetUpData = {
    ...faultsOfCode(visit, visit.texts.setUp.wrong),
    action: pathWithNext(visit, '/second-factor/set-up/'),
    totp,
    remember: rememberDataOf(visit),
    back: pathWithNext(visit, '/sign-in/'),
  }
  return render('setUp', renderSetUp, data, visit)
}

/** Longer than any that `beginTotp` makes; a QR code has room for more. */
const MAX_URI = 1000

/** What the form carries from its first page. */
function totpIn({ form }: Visit): SetUpData['totp'] {
  if (!form.has('id')) return undefined
  return { id: form.text('id'), secret: form.text('secret'), uri: uriIn(form) }
}

/** Empty if it is no such address: a browser can send anything. */
function uriIn(form: Form): string {
  const uri = form.text('uri')
  if (uri.length > MAX_URI || !uri.startsWith('otpauth://totp/')) return ''
  return uri
}
