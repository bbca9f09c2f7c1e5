import { AuthError } from '../../../base/errors.ts'
import { seeOther } from '../../../pages/answers.ts'
import type { PageHandlers } from '../../pages/define-page.ts'
import type { Visit } from '../../pages/visit.ts'
import { assertionInText } from '../../passkeys/credential-json.ts'
import {
  beginSecondStep,
  beginSignIn,
  finishSecondStep,
  signInWithPasskey,
} from '../../passkeys/sign-in.ts'
import type { Link, PasskeyData } from './data.ts'
import { retryOf } from './faults.ts'
import {
  formPath,
  nextOf,
  onward,
  pathWithNext,
  remembered,
  render,
  signInVisitor,
} from './flow.ts'
import { completeSecondStep, rememberDataOf } from './remembered-device.ts'
import { renderPasskey } from './views.ts'
import { waysOf } from './ways.ts'

/** `/account/sign-in/passkey/`: its script asks the browser for a passkey. */
export const signInPasskey: PageHandlers = {
  async get(visit) {
    const there = onward(visit)
    if (there !== undefined) return there
    const options = await beginSignIn(visit.core)
    const data = {
      ...faultsOfPasskey(visit),
      action: formPath(visit, '/sign-in/passkey/'),
      options: JSON.stringify(options),
      otherWays: otherWays(visit),
      next: nextOf(visit),
    }
    return render('passkey', renderPasskey, data, visit)
  },
  async post(visit) {
    const credential = assertionInText(visit.form.exact('credential'))
    return signInWithPasskey(
      credential,
      (account, methods) => signInVisitor(visit, account, methods),
      visit.core,
    )
  },
}

function faultsOfPasskey(visit: Visit): Pick<PasskeyData, 'errors' | 'retry'> {
  const { error, texts } = visit
  const retry = retryOf(visit)
  if (error === undefined || retry !== undefined) return { errors: {}, retry }
  return { errors: { '': [texts.signIn.wrongPasskey] }, retry }
}

function otherWays(visit: Visit): readonly Link[] {
  const { texts, core } = visit
  const ways = waysOf(core)
  const all = [
    [ways.password, texts.passkey.withPassword, '/sign-in/'],
    [ways.mail, texts.passkey.withMail, '/sign-in/mail/'],
    [ways.phone, texts.codeRequest.phoneTitle, '/sign-in/phone/'],
  ] as const
  const links = all.filter(([isOpen]) => isOpen)
  return links.map(([, text, below]) => ({ text, href: pathWithNext(visit, below) }))
}

/** `/account/second-factor/passkey/` */
export const secondFactorPasskey: PageHandlers = {
  async get(visit) {
    const ticket = remembered(visit, 'ticket')?.ticket
    if (ticket === undefined) return seeOther(pathWithNext(visit, '/sign-in/'))
    const options = await orOutdated(beginSecondStep(ticket, visit.core))
    if (options === undefined)
      return seeOther(pathWithNext(visit, '/second-factor/', { done: 'outdated' }))
    const { title } = visit.texts.secondFactor
    const data = {
      ...faultsOfPasskey(visit),
      action: formPath(visit, '/second-factor/passkey/'),
      remember: rememberDataOf(visit),
      options: JSON.stringify(options),
      otherWays: [{ text: title, href: pathWithNext(visit, '/second-factor/') }],
      next: nextOf(visit),
    }
    return render('passkey', renderPasskey, data, visit)
  },
  async post(visit) {
    const ticket = remembered(visit, 'ticket')?.ticket ?? ''
    const credential = assertionInText(visit.form.exact('credential'))
    const { result } = await finishSecondStep(
      ticket,
      credential,
      completeSecondStep(visit),
      visit.core,
    )
    return result
  },
}

/** @returns `undefined` if the ticket is redeemed or expired */
export async function orOutdated<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof AuthError && error.code === 'invalid_code') return undefined
    throw error
  }
}
