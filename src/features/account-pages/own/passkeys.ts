import { AuthError } from '../../../base/errors.ts'
import type { PageHandlers } from '../../pages/define-page.ts'
import type { UserVisit } from '../../pages/visit.ts'
import { registrationInText } from '../../passkeys/credential-json.ts'
import {
  addOwnPasskey,
  beginOwnPasskey,
  listPasskeys,
  removeOwnPasskey,
  renamePasskey,
} from '../../passkeys/own-passkeys.ts'
import { render } from '../sign-in/flow.ts'
import { passkeyItemOf } from './account-data.ts'
import type { NewPasskeyData } from './data.ts'
import { recoveryPage } from './factors.ts'
import { done, fieldsIn, freshOnly, ownDataOf, ownOnly } from './own-visit.ts'
import { newPasskeyView, passkeyView } from './passkeys-view.ts'

type Handlers = PageHandlers<UserVisit>

/** A name of up to 64 bytes, as the endpoints take it. */
export const LABEL = {
  trim: true,
  maxBytes: 64,
  optional: true,
  allowBlank: true,
} as const

/** What the device is asked; why it is not, if the user may not add a passkey now. */
async function beginning({ visitor, core, error }: UserVisit) {
  try {
    const options = await beginOwnPasskey(visitor.principal, {}, core)
    return { options: JSON.stringify(options), error }
  } catch (fault) {
    if (fault instanceof AuthError && fault.code === 'invalid')
      return { options: undefined, error: fault }
    throw fault
  }
}

/** `/account/passkeys/new/` */
export const newPasskey: Handlers = freshOnly({
  async get(visit) {
    const { error, ...begun } = await beginning(visit)
    const data: NewPasskeyData = {
      ...(await ownDataOf({ ...visit, error })),
      ...begun,
      label: visit.form.text('label'),
    }
    return render('newPasskey', newPasskeyView, data, visit)
  },
  async post(visit) {
    const { core, form, request, visitor } = visit
    const { label = '' } = fieldsIn(form, { label: LABEL })
    const input = { response: registrationInText(form.exact('credential')), label }
    const { principal } = visitor
    const { recoveryCodes } = await addOwnPasskey(principal, input, request, core)
    if (recoveryCodes.length > 0) return recoveryPage(visit, recoveryCodes, true)
    return done(visit, 'passkey_added')
  },
})

/** The passkey of the path. @throws AuthError `not_found` if the user has no such passkey */
async function passkeyIn({ core, visitor, parameters }: UserVisit) {
  const all = await listPasskeys(visitor.user.id, core)
  const found = all.find(({ id }) => id === parameters.id)
  if (found === undefined) throw new AuthError('not_found')
  return passkeyItemOf(found)
}

async function passkeyPage(visit: UserVisit) {
  const item = await passkeyIn(visit)
  const label = visit.form.sent('label') ?? item.label
  const data = { ...(await ownDataOf(visit)), passkey: item, label }
  return render('ownPasskey', passkeyView, data, visit)
}

/** `/account/passkeys/{id}/` renames it. */
export const passkey: Handlers = ownOnly({
  get: passkeyPage,
  async post(visit) {
    const { id } = await passkeyIn(visit)
    const { label } = fieldsIn(visit.form, { label: { trim: true, maxBytes: 64 } })
    await renamePasskey(visit.visitor.user.id, id, label, visit.core)
    return done(visit, 'passkey_renamed')
  },
})

/** `/account/passkeys/{id}/remove/` */
export const removePasskey: Handlers = freshOnly({
  get: passkeyPage,
  async post(visit) {
    const { core, visitor, parameters, request } = visit
    const removal = { id: parameters.id ?? '' }
    await removeOwnPasskey(visitor.principal, removal, request, core)
    return done(visit, 'passkey_removed')
  },
})
