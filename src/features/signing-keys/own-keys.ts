import { AuthError } from '../../base/errors.ts'
import { seeOther } from '../../pages/answers.ts'
import type { Html } from '../../pages/html.ts'
import { fieldError } from '../../users/field-errors.ts'
import { freshOnly, ownChange, ownDataOf } from '../account-pages/own/own-visit.ts'
import { requireFresh } from '../accounts/fresh.ts'
import { accountSettings } from '../accounts/settings.ts'
import type { PageHandlers } from '../pages/define-page.ts'
import type { UserVisit } from '../pages/visit.ts'
import { newKeyView } from './new-key-view.ts'
import type { NewSigningKey } from './new-signing-key.ts'
import { signingKeySettings } from './options.ts'
import type { ShownSigningKey, SigningAlgorithm } from './signing-key.ts'
import { createSigningKey, listSigningKeys, revokeSigningKey } from './signing-keys.ts'
import { keyTexts } from './texts.ts'

type Handlers = PageHandlers<UserVisit>

/** `/account/signing-keys/new/`: the secret is in the answer to the form and nowhere else. */
export const newKey: Handlers = freshOnly({
  get: (visit) => keyPage(visit),
  async post(visit) {
    const { core, visitor } = visit
    // A key works after the session has ended, and after another password.
    await requireFresh(visitor.principal, {}, core)
    await requireRoom(visit)
    const owner = { userId: visitor.user.id }
    return keyPage(visit, await createSigningKey(owner, inputIn(visit), core))
  },
})

const keyPage = async (visit: UserVisit, created?: ShownSigningKey): Promise<Html> =>
  newKeyView(visit, {
    ...(await ownDataOf(visit)),
    scopes: accountSettings(visit.core).tokenScopes,
    created,
  })

/** @throws AuthError `invalid` if the user has as many keys as the option allows */
async function requireRoom({ core, visitor, language }: UserVisit): Promise<void> {
  const keys = await listSigningKeys({ userId: visitor.user.id }, core)
  if (keys.length >= signingKeySettings(core.section).perUser)
    throw fieldError({ non_field_errors: [keyTexts[language].tooMany] })
}

/** @throws AuthError `invalid` */
function inputIn(visit: UserVisit): NewSigningKey {
  const { form } = visit
  const publicKey = form.text('publicKey')
  return {
    algorithm: form.text('algorithm') as SigningAlgorithm,
    label: form.text('label'),
    scopes: scopesIn(visit),
    ...(publicKey !== '' && { publicKey: publicKeyOf(publicKey) }),
  }
}

/** @throws AuthError `invalid` without a choice, if there is one */
function scopesIn({ form, core, language }: UserVisit): readonly string[] {
  const { tokenScopes } = accountSettings(core)
  const chosen = form.all('scopes').filter((scope) => tokenScopes.includes(scope))
  if (tokenScopes.length > 0 && chosen.length === 0)
    throw fieldError({ scopes: [keyTexts[language].scopesMissing] })
  return chosen
}

/** A JWK; other text is PEM, or an error of its field. */
function publicKeyOf(text: string): object | string {
  if (!text.startsWith('{')) return text
  try {
    return JSON.parse(text)
  } catch {
    throw fieldError({ publicKey: ['This is no JSON.'] })
  }
}

/** `/account/signing-keys/{id}/revoke/` */
export const revokeKey: Handlers = ownChange({
  get: ({ accountPath }) => seeOther(accountPath('/#signing-keys')),
  async post({ core, visitor, parameters, accountPath }) {
    const owner = { userId: visitor.user.id }
    const revoked = await revokeSigningKey(parameters.id ?? '', core, owner)
    if (revoked === undefined) throw new AuthError('not_found')
    return seeOther(`${accountPath('/')}?done=signing_key_revoked`)
  },
})
