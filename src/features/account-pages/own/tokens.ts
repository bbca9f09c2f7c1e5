import type { Html } from '../../../pages/html.ts'
import { fieldError } from '../../../users/field-errors.ts'
import { requireFresh } from '../../accounts/fresh.ts'
import { createOwnApiToken, revokeOwnApiToken } from '../../accounts/own-api-tokens.ts'
import { accountSettings } from '../../accounts/settings.ts'
import type { PageHandlers } from '../../pages/define-page.ts'
import type { UserVisit } from '../../pages/visit.ts'
import { render } from '../sign-in/flow.ts'
import { accountAfter } from './account.ts'
import { tokenItemOf, tokensOf } from './account-data.ts'
import type { NewTokenData } from './data.ts'
import { done, fieldsIn, freshOnly, ownChange, ownDataOf } from './own-visit.ts'
import { EXPIRIES, FULL_ACCESS, newTokenView, tokensView } from './tokens-view.ts'

type Handlers = PageHandlers<UserVisit>

/** `/account/tokens/`: all of them. */
export const tokens: Handlers = {
  async get(visit) {
    const { user } = visit.visitor
    const data = {
      ...(await ownDataOf(visit)),
      tokens: await tokensOf(user, visit.core),
    }
    return render('tokens', tokensView, data, visit)
  },
}

/**
 * The form, or the token that was created now. It is in the answer to the form and nowhere else: a redirect to a page that shows it would
 * have to store it until then, and a second request could read it.
 */
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
      access: form.sent('access'),
      scopes: form.all('scopes'),
      expiry: form.sent('expires_in') ?? '90d',
    },
    created,
  }
  return render('newToken', newTokenView, data, visit)
}

const NAME = { trim: true, maxBytes: 1024 } as const
const EXPIRY = { trim: true, maxBytes: 16 } as const

/** `/account/tokens/new/` */
export const newToken: Handlers = freshOnly({
  get: (visit) => newTokenPage(visit),
  async post(visit) {
    const { core, form, visitor } = visit
    const { name, expires_in } = fieldsIn(form, { name: NAME, expires_in: EXPIRY })
    const input = { name, scopes: scopesIn(visit), expiresIn: expiryOf(expires_in) }
    // A token works after the session has ended, and after another password.
    await requireFresh(visitor.principal, {}, core)
    const { token, record } = await createOwnApiToken(core, visitor.user.id, input)
    return newTokenPage(visit, { token, item: tokenItemOf(record) })
  },
})

/**
 * What the token may do; empty for everything.
 *
 * @throws AuthError `invalid` without a choice: a form that was sent too early must not make a token that may do everything
 */
function scopesIn({ form, core, texts }: UserVisit): readonly string[] {
  const scopes = form.all('scopes')
  if (accountSettings(core).tokenScopes.length === 0) return scopes
  const isFull = form.text('access') === FULL_ACCESS
  if (isFull && scopes.length > 0)
    throw fieldError({ scopes: [texts.own.tokenAccessTwice] })
  if (!isFull && scopes.length === 0)
    throw fieldError({ scopes: [texts.own.tokenAccessMissing] })
  return scopes
}

/** @returns `undefined` for a token that does not expire @throws AuthError `invalid` */
function expiryOf(text: string) {
  const found = EXPIRIES.find((each) => each === text)
  if (found === undefined) throw fieldError({ expires_in: ['Not a valid choice.'] })
  if (found === 'never') return undefined
  return found
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
