import type { Html } from '../../../pages/html.ts'
import { fieldError } from '../../../users/field-errors.ts'
import { requireFresh } from '../../accounts/fresh.ts'
import { createOwnApiToken, revokeOwnApiToken } from '../../accounts/own-api-tokens.ts'
import { accountSettings } from '../../accounts/settings.ts'
import type { PageHandlers } from '../../pages/define-page.ts'
import type { UserVisit } from '../../pages/visit.ts'
import { rendererOf } from '../sign-in/flow.ts'
import { accountAfter } from './account.ts'
import { tokenItemOf, tokensOf } from './account-data.ts'
import type { NewTokenData } from './data.ts'
import { done, fieldsIn, freshOnly, ownChange, ownDataOf } from './own-visit.ts'
import { EXPIRIES, newTokenView, tokensView } from './tokens-view.ts'

type Handlers = PageHandlers<UserVisit>

/** `/account/tokens/`: all of them. */
export const tokens: Handlers = {
  async get(visit) {
    const { user } = visit.visitor
    const data = {
      ...(await ownDataOf(visit)),
      tokens: await tokensOf(user, visit.core),
    }
    return rendererOf('tokens', tokensView, visit)(data, visit)
  },
}

async function newTokenPage(
  visit: UserVisit,
  created?: NewTokenData['created'],
): Promise<Html> {
  const { form, core } = visit
  const data: NewTokenData = {
    ...(await ownDataOf(visit)),
    scopes: accountSettings(core).tokenScopes,
    values: {
      name: form.text('name'),
      scopes: form.all('scopes'),
      expiry: form.has('expires_in') ? form.text('expires_in') : '90d',
    },
    created,
  }
  return rendererOf('newToken', newTokenView, visit)(data, visit)
}

const NAME = { trim: true, maxBytes: 1024 } as const
const EXPIRY = { trim: true, maxBytes: 16 } as const

/** `/account/tokens/new/` */
export const newToken: Handlers = freshOnly({
  get: (visit) => newTokenPage(visit),
  async post(visit) {
    const { core, form, visitor } = visit
    const { name, expires_in } = fieldsIn(form, { name: NAME, expires_in: EXPIRY })
    const input = { name, scopes: form.all('scopes'), expiresIn: expiryOf(expires_in) }
    // A token works after the session has ended, and after another password.
    await requireFresh(visitor.principal, {}, core)
    const { token, record } = await createOwnApiToken(core, visitor.user.id, input)
    return newTokenPage(visit, { token, item: tokenItemOf(record) })
  },
})

/** @returns `undefined` for a token that does not expire @throws AuthError `invalid` */
function expiryOf(text: string) {
  const found = EXPIRIES.find((each) => each === text)
  if (found === undefined) throw fieldError({ expires_in: ['Not a valid choice.'] })
  return found === 'never' ? undefined : found
}

/** `/account/tokens/{id}/` revokes one. */
export const token: Handlers = ownChange({
  get: accountAfter,
  async post(visit) {
    const { core, visitor, parameters } = visit
    const { id = '' } = parameters
    await revokeOwnApiToken(core, { userId: visitor.user.id, id })
    return done(visit, 'token_revoked')
  },
})
