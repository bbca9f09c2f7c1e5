import { seeOther } from '../../../pages/answers.ts'
import { browserBinding } from '../../../pages/form-token.ts'
import type { AccountName } from '../../accounts/account-name.ts'
import { redeemSignInCode, requestSignInCode } from '../../accounts/sign-in-code.ts'
import type { PageHandlers } from '../../pages/define-page.ts'
import type { Visit } from '../../pages/visit.ts'
import { enterCodePage } from './enter-code.ts'
import { codeIn, faultsIn, requireFilled } from './faults.ts'
import {
  forget,
  formPath,
  nextOf,
  onward,
  pathWithNext,
  remember,
  remembered,
  render,
  signInVisitor,
} from './flow.ts'
import { SENT_LIFETIME, sentPage, signInLink } from './sent.ts'
import { renderCodeRequest } from './views.ts'
import { waysOf } from './ways.ts'

type Channel = 'email' | 'phone'

const REQUESTS = { email: '/sign-in/mail/', phone: '/sign-in/phone/' } as const

/** `/account/sign-in/mail/` and `/account/sign-in/phone/`: asks where to send a link or a code. */
export const requestCode = (channel: Channel): PageHandlers => ({
  get(visit) {
    const there = onward(visit)
    if (there !== undefined) return there
    const data = {
      ...faultsIn(visit),
      purpose: channel,
      action: formPath(visit, REQUESTS[channel]),
      value: visit.form.text(channel),
      next: nextOf(visit),
      back: pathWithNext(visit, '/sign-in/'),
    }
    return render('codeRequest', renderCodeRequest, data, visit)
  },
  async post(visit) {
    requireFilled(visit, [channel])
    const name = { field: channel, value: visit.form.text(channel) } as const
    await sendCode(visit, name)
    const below = SENT[formOf(visit, channel)]
    const cookies = [remember(visit, 'code', name, SENT_LIFETIME)]
    return seeOther(pathWithNext(visit, below), { cookies })
  },
})

const SENT = { digits: '/sign-in/code/', link: '/sign-in/sent/' } as const

/** What a message has in it. */
function formOf({ core }: Visit, channel: string): 'digits' | 'link' {
  if (channel === 'phone') return 'digits'
  return waysOf(core).form
}

/** Digits work in this browser alone; a link is often opened in another one. */
const bindingOf = (visit: Visit): string => browserBinding(visit.binding, 'sign-in code')

function sendCode(visit: Visit, name: AccountName): Promise<void> {
  const { core, request } = visit
  const bindings = { digits: bindingOf(visit), link: undefined }
  const binding = bindings[formOf(visit, name.field)]
  return requestSignInCode(core, name, { request, binding })
}

/** `/account/sign-in/sent/` */
export const signInSent = sentPage({
  name: 'sent',
  step: 'code',
  start: '/sign-in/',
  link: signInLink,
})

/** `/account/sign-in/code/`: the digits that were sent. */
export const enterCode: PageHandlers = {
  get(visit) {
    const name = rememberedName(visit)
    if (name === undefined) return seeOther(pathWithNext(visit, '/sign-in/'))
    return enterCodePage(visit, {
      action: formPath(visit, '/sign-in/code/'),
      address: name.value,
      back: pathWithNext(visit, REQUESTS[name.field]),
    })
  },
  async post(visit) {
    const { form, core } = visit
    const name = rememberedName(visit)
    if (name === undefined) return seeOther(pathWithNext(visit, '/sign-in/'))
    if (form.has('again')) {
      await sendCode(visit, name)
      return seeOther(pathWithNext(visit, '/sign-in/code/', { done: 'resent' }))
    }
    requireFilled(visit, ['code'])
    const proof = { name, code: codeIn(visit) }
    const binding = bindingOf(visit)
    const { account, methods } = await redeemSignInCode(core, proof, { binding })
    return signInVisitor(visit, account, methods, [forget(visit, 'code')])
  },
}

function rememberedName(
  visit: Visit,
): (AccountName & { readonly field: Channel }) | undefined {
  const { field, value = '' } = remembered(visit, 'code') ?? {}
  if (value === '' || (field !== 'email' && field !== 'phone')) return undefined
  return { field, value }
}
