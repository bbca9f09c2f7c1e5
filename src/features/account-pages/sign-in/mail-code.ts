import { seeOther } from '../../../pages/answers.ts'
import { browserBinding } from '../../../pages/form-token.ts'
import type { AccountName } from '../../accounts/account-name.ts'
import { redeemSignInCode, requestSignInCode } from '../../accounts/sign-in-code.ts'
import type { PageHandlers } from '../../pages/define-page.ts'
import type { Visit } from '../../pages/visit.ts'
import {
  faultsIn,
  forget,
  nextOf,
  onward,
  pathWithNext,
  remember,
  remembered,
  rendererOf,
  requireFilled,
  signInVisitor,
} from './flow.ts'
import { messagePage } from './message.ts'
import { waysOf } from './sign-in.ts'
import { renderCodeRequest, renderEnterCode } from './views.ts'

/** Seconds for which the browser remembers where a code was sent to. */
const LIFETIME = 3600

type Channel = 'email' | 'phone'

/** `/account/sign-in/mail/` and `/account/sign-in/phone/`: asks where to send a link or a code. */
export const requestCode = (channel: Channel): PageHandlers => ({
  get(visit) {
    const there = onward(visit)
    if (there !== undefined) return there
    return rendererOf(
      'codeRequest',
      renderCodeRequest,
      visit,
    )(
      {
        ...faultsIn(visit),
        action: visit.accountPath(
          channel === 'email' ? '/sign-in/mail/' : '/sign-in/phone/',
        ),
        channel,
        value: visit.form.text(channel),
        next: nextOf(visit),
        back: pathWithNext(visit, '/sign-in/'),
      },
      visit,
    )
  },
  async post(visit) {
    requireFilled(visit, [channel])
    const name = { field: channel, value: visit.form.text(channel) } as const
    await sendCode(visit, name)
    const below = typesDigits(visit, channel) ? '/sign-in/code/' : '/sign-in/sent/'
    const cookies = [remember(visit, 'code', name, LIFETIME)]
    return seeOther(pathWithNext(visit, below), { cookies })
  },
})

const typesDigits = ({ core }: Visit, channel: string): boolean =>
  channel === 'phone' || waysOf(core).form === 'digits'

/** Digits work in this browser alone; a link is often opened in another one. */
const bindingOf = (visit: Visit): string => browserBinding(visit.binding, 'sign-in code')

const sendCode = (visit: Visit, name: AccountName): Promise<void> =>
  requestSignInCode(visit.core, name, {
    request: visit.request,
    binding: typesDigits(visit, name.field) ? bindingOf(visit) : undefined,
  })

/** `/account/sign-in/sent/` */
export const sentPage: PageHandlers = {
  get(visit) {
    const { texts, accountPath } = visit
    const { value = '' } = remembered(visit, 'code') ?? {}
    if (value === '') return seeOther(accountPath('/sign-in/'))
    return messagePage(visit, {
      name: 'sent',
      title: texts.sent.title,
      text: texts.sent.text(value),
      hint: texts.sent.hint,
      link: { text: texts.signIn.back, href: pathWithNext(visit, '/sign-in/') },
    })
  },
}

/** `/account/sign-in/code/`: the digits that were sent. */
export const enterCode: PageHandlers = {
  get(visit) {
    const { texts, error, accountPath } = visit
    const name = rememberedName(visit)
    if (name === undefined) return seeOther(pathWithNext(visit, '/sign-in/'))
    const isWrong = error?.code === 'invalid_code' || error?.code === 'no_active_account'
    return rendererOf(
      'enterCode',
      renderEnterCode,
      visit,
    )(
      {
        ...(isWrong
          ? { errors: { code: [texts.enterCode.wrong] }, retry: undefined }
          : faultsIn(visit)),
        action: accountPath('/sign-in/code/'),
        address: name.value,
        isResent: visit.query.get('done') === 'resent' && error === undefined,
        back: pathWithNext(
          visit,
          name.field === 'phone' ? '/sign-in/phone/' : '/sign-in/mail/',
        ),
        next: nextOf(visit),
      },
      visit,
    )
  },
  async post(visit) {
    const { form, core } = visit
    const name = rememberedName(visit)
    if (name === undefined) return seeOther(pathWithNext(visit, '/sign-in/'))
    if (form.has('again')) {
      await sendCode(visit, name)
      return seeOther(withDone(pathWithNext(visit, '/sign-in/code/'), 'resent'))
    }
    requireFilled(visit, ['code'])
    const proof = { name, code: form.text('code').replaceAll(' ', '') }
    const binding = bindingOf(visit)
    const { account, methods } = await redeemSignInCode(core, proof, { binding })
    return signInVisitor(visit, account, methods, [forget(visit, 'code')])
  },
}

function rememberedName(visit: Visit): AccountName | undefined {
  const { field, value = '' } = remembered(visit, 'code') ?? {}
  if (value === '' || (field !== 'email' && field !== 'phone')) return undefined
  return { field, value }
}

/** Adds what was done to the path of a page: a word of a closed list, never a text. */
export const withDone = (path: string, done: 'resent'): string =>
  `${path}${path.includes('?') ? '&' : '?'}done=${done}`
