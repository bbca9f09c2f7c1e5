import { AuthError } from '../../../base/errors.ts'
import { seeOther, shown } from '../../../pages/answers.ts'
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
import {
  faultsIn,
  forget,
  nextOf,
  pathWithNext,
  remembered,
  rendererOf,
  requireFilled,
  startSession,
} from './flow.ts'
import { messagePage } from './message.ts'
import { completeSecondStep, rememberDataOf } from './remembered-device.ts'

/** `/account/second-factor/` */
export const secondFactor: PageHandlers = {
  get(visit) {
    if (visit.query.get('done') === 'outdated') return outdatedPage(visit)
    const step = remembered(visit, 'ticket')
    if (step === undefined) return seeOther(pathWithNext(visit, '/sign-in/'))
    const data: SecondFactorData = {
      ...secondFaults(visit),
      action: pathWithNext(visit, '/second-factor/'),
      methods: methodsIn(step.methods),
      remember: rememberDataOf(visit),
      passkey: pathWithNext(visit, '/second-factor/passkey/'),
      back: pathWithNext(visit, '/sign-in/'),
    }
    return rendererOf('secondFactor', renderSecondFactor, visit)(data, visit)
  },
  async post(visit) {
    const { form, core } = visit
    const name = form.has('recovery') ? 'recovery' : 'code'
    requireFilled(visit, [name])
    const ticket = ticketOf(visit)
    if (ticket === '') throw new AuthError('invalid_code', 'there is no ticket')
    const { result } = await finishSignIn(
      ticket,
      form.text(name).replaceAll(' ', ''),
      completeSecondStep(visit),
      core,
    )
    return result
  },
}

const ticketOf = (visit: Visit): string => remembered(visit, 'ticket')?.ticket ?? ''

const METHODS = ['totp', 'passkey', 'recovery'] as const

/** The cookie is the browser's, so only known names count. */
const methodsIn = (list = ''): SecondFactorData['methods'] =>
  METHODS.filter((method) => list.split(' ').includes(method))

function secondFaults(visit: Visit): Pick<SecondFactorData, 'errors' | 'retry'> {
  const { error, form, texts } = visit
  if (error?.code !== 'invalid_code') return faultsIn(visit)
  const name = form.has('recovery') ? 'recovery' : 'code'
  return { errors: { [name]: [texts.secondFactor.wrong] }, retry: undefined }
}

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
  async post(visit) {
    const { form, core } = visit
    const ticket = ticketOf(visit)
    if (form.has('begin')) {
      const { account, enrolls } = await readTicket(ticket, core)
      if (!enrolls) throw new AuthError('invalid_code')
      return setUpPage(visit, await beginTotp(account.user, '', core))
    }
    requireFilled(visit, ['code'])
    const code = form.text('code').replaceAll(' ', '')
    const { result, recoveryCodes = [] } = await finishWithNewTotp(
      { ticket, id: form.text('id'), code },
      (account, methods) => startSession(visit, account, methods),
      core,
    )
    const next = nextOf(visit) ?? visit.site.home
    const page = rendererOf(
      'recoveryCodes',
      renderRecoveryCodes,
      visit,
    )({ codes: recoveryCodes, next }, visit)
    return shown(page, visit.site, { cookies: [...result, forget(visit, 'ticket')] })
  },
}

function setUpPage(visit: Visit, totp: SetUpData['totp']) {
  const { error, texts } = visit
  const isWrong = error?.code === 'invalid_code'
  const data: SetUpData = {
    ...(isWrong
      ? { errors: { code: [texts.setUp.wrong] }, retry: undefined }
      : faultsIn(visit)),
    action: pathWithNext(visit, '/second-factor/set-up/'),
    totp,
    back: pathWithNext(visit, '/sign-in/'),
  }
  return rendererOf('setUp', renderSetUp, visit)(data, visit)
}

/** Longer than any that `beginTotp` makes; a QR code has room for more. */
const MAX_URI = 1000

/** What the form carries from its first page. */
function totpIn({ form }: Visit): SetUpData['totp'] {
  if (!form.has('id')) return undefined
  const uri = form.text('uri')
  return {
    id: form.text('id'),
    secret: form.text('secret'),
    uri: uri.startsWith('otpauth://totp/') && uri.length < MAX_URI ? uri : '',
  }
}
