import { hasLevel } from '../../../base/acr.ts'
import { seeOther } from '../../../pages/answers.ts'
import { withNext } from '../../../pages/next-path.ts'
import { ownAccount } from '../../accounts/own-account.ts'
import type { PageHandlers } from '../../pages/define-page.ts'
import type { UserVisit } from '../../pages/visit.ts'
import { assertionInText } from '../../passkeys/credential-json.ts'
import { beginOwnCheck } from '../../passkeys/sign-in.ts'
import { enterCodePage } from '../sign-in/enter-code.ts'
import { codeIn, requireFilled } from '../sign-in/faults.ts'
import { nextOf, render, signInVisitor } from '../sign-in/flow.ts'
import { renderPasskey } from '../sign-in/views.ts'
import { againView } from './again-view.ts'
import type { AgainData } from './data.ts'
import {
  type IdentityProof,
  methodsBefore,
  ownChannel,
  proveIdentity,
  sendOwnCode,
  waysToConfirm,
} from './identity-proof.ts'
import { isFresh, ownDataOf, ownOnly } from './own-visit.ts'
import { to } from './paths.ts'

type Handlers = PageHandlers<UserVisit>

/** `/account/again/?next=…`: users who are signed in show once more that it is them, and come back. */
export const again: Handlers = ownOnly({
  async get(visit) {
    const { core, visitor, error } = visit
    const next = nextOf(visit) ?? to(visit, 'account')
    const isDone = (await isFresh(visit)) && hasAskedLevel(visit)
    if (error === undefined && isDone) return seeOther(next)
    const account = await ownAccount(visitor.user.id, core)
    const data: AgainData = {
      ...(await ownDataOf(visit)),
      ways: await waysToConfirm(account, visitor.session, core),
      next,
      username: visitor.user.username,
    }
    return render('again', againView, data, visit)
  },
  post: (visit) => signInWith(visit, proofIn(visit)),
})

/** Whether the session has the level that the address asks for (`acr=aal2`). */
const hasAskedLevel = ({ query, visitor }: UserVisit): boolean =>
  query.get('acr') !== 'aal2' || hasLevel(visitor.session.amr, 'aal2')

/** A new session begins: its methods are those of the former one, which ends, and what was shown now. */
async function signInWith(visit: UserVisit, proof: IdentityProof) {
  const { core, visitor } = visit
  const { session } = visitor
  const account = await ownAccount(visitor.user.id, core)
  const before = await methodsBefore(account, session, proof, core)
  const shown = await proveIdentity(account, session, proof, core)
  return signInVisitor(visit, account, [...new Set([...before, ...shown])])
}

/** Each way is a form with a field of its own. @throws AuthError `invalid` if it is empty */
function proofIn(visit: UserVisit): IdentityProof {
  if (visit.form.has('code')) {
    requireFilled(visit, ['code'])
    return { code: codeIn(visit) }
  }
  requireFilled(visit, ['current_password'])
  return { password: visit.form.exact('current_password') }
}

/** `/account/again/passkey/`: a script asks the device. */
export const againPasskey: Handlers = ownOnly({
  async get(visit) {
    const { core, visitor, texts } = visit
    const { user } = await ownAccount(visitor.user.id, core)
    const options = await beginOwnCheck(user, visitor.session.id, core)
    const { errors, retry } = await ownDataOf(visit)
    const next = nextOf(visit)
    const data = {
      errors,
      retry,
      action: to(visit, 'againPasskey'),
      options: JSON.stringify(options),
      otherWays: [
        { text: texts.own.againTitle, href: withNext(to(visit, 'again'), next) },
      ],
      next,
    }
    return render('passkey', renderPasskey, data, visit)
  },
  post: (visit) =>
    signInWith(visit, { passkey: assertionInText(visit.form.exact('credential')) }),
})

/** `/account/again/code/`: digits that were sent to the user's own address or number. */
export const againCode: Handlers = ownOnly({
  async get(visit) {
    const { core, visitor } = visit
    const { user } = await ownAccount(visitor.user.id, core)
    const next = nextOf(visit)
    const back = withNext(to(visit, 'again'), next)
    const address = ownChannel(user, core)?.value
    if (address === undefined) return seeOther(back)
    const { errors, retry } = await ownDataOf(visit)
    const page = { action: to(visit, 'againCode'), address, back }
    return enterCodePage(visit, { faults: { errors, retry }, ...page })
  },
  async post(visit) {
    const { core, visitor, form, request } = visit
    if (!form.has('again')) {
      requireFilled(visit, ['code'])
      return signInWith(visit, { messageCode: codeIn(visit) })
    }
    const { user } = await ownAccount(visitor.user.id, core)
    await sendOwnCode(user, visitor.session, request, core)
    return seeOther(withNext(to(visit, 'againCode'), nextOf(visit)))
  },
})
