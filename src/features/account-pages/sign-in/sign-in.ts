import type { PageHandlers } from '../../pages/define-page.ts'
import type { Visit } from '../../pages/visit.ts'
import { signInButtons } from './buttons.ts'
import type { SignInData } from './data.ts'
import { faultsIn, requireFilled } from './faults.ts'
import { formPath, nextOf, onward, pathWithNext, render, signInVisitor } from './flow.ts'
import { renderSignIn } from './views.ts'
import { waysOf } from './ways.ts'

/** `/account/sign-in/`: with a password, and the ways to the others. */
export const signIn: PageHandlers = {
  async get(visit) {
    const there = onward(visit)
    if (there !== undefined) return there
    return render('signIn', renderSignIn, await dataOf(visit), visit)
  },
  async post(visit) {
    const { form, core, request } = visit
    requireFilled(visit, ['login', 'password'])
    const password = form.exact('password')
    const account = await core.checkPassword(form.text('login'), password, request)
    return signInVisitor(visit, account, ['pwd'])
  },
}

async function dataOf(visit: Visit): Promise<SignInData> {
  const { form, core, accountPath } = visit
  const ways = waysOf(core)
  return {
    ...faultsOfSignIn(visit),
    action: formPath(visit, '/sign-in/'),
    loginField: core.loginField,
    hasPasswords: ways.password,
    login: form.sent('login') ?? hintOf(visit),
    ...(ways.forgot && { forgot: accountPath('/forgot-password/') }),
    ...(ways.signUp && { signUp: pathWithNext(visit, '/sign-up/') }),
    buttons: await signInButtons(visit),
    next: nextOf(visit),
  }
}

/** Longer than any name or address. */
const MAX_HINT = 254

/** The name that an application suggests (`login_hint`). It is only repeated: whether there is such an account is not looked up. */
function hintOf({ query }: Visit): string {
  const hint = query.get('login_hint') ?? ''
  return hint.length <= MAX_HINT && hint.isWellFormed() ? hint : ''
}

function faultsOfSignIn(visit: Visit): Pick<SignInData, 'errors' | 'retry'> {
  const { error, texts } = visit
  if (error?.code !== 'no_active_account') return faultsIn(visit)
  return { errors: { login: [texts.signIn.wrong] }, retry: undefined }
}
