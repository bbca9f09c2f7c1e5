import type { UnixSeconds } from '../../base/clock.ts'
import { type Duration, secondsOf } from '../../base/duration.ts'
import { AuthError } from '../../base/errors.ts'
import { json } from '../../http/answer.ts'
import { answer } from '../../http/description.ts'
import { guardedEndpoint } from '../../http/endpoint.ts'
import {
  closed,
  listOf,
  members,
  moment,
  named,
  orNull,
  type Properties,
  text,
} from '../../http/json-schema.ts'
import type { ParsedBody } from '../../http/parsed-body.ts'
import type { Principal } from '../../permissions/permission.ts'
import { fieldError } from '../../users/field-errors.ts'
import type { StoredUser, UserId } from '../../users/user.ts'
import type { ApiToken, ShownToken } from '../api-tokens/api-token.ts'
import { apiTokenJson } from '../api-tokens/api-token-json.ts'
import { issueApiToken } from '../api-tokens/issue.ts'
import { apiTokenStore } from '../api-tokens/sql.ts'
import type { Core } from '../core.ts'
import { defineEndpoint } from '../define-feature.ts'
import { CURRENT_PASSWORD, FRESH_ERRORS, requireFresh } from './fresh.ts'
import { hasAllScopes, isOwner } from './own-account.ts'
import { listsOwn, ownRowEndpoint } from './own-rows.ts'
import { accountSettings, hasAccounts } from './settings.ts'

export interface OwnApiToken {
  readonly name?: string | undefined
  readonly scopes?: readonly string[]
  /** Default: until it is revoked. */
  readonly expiresIn?: Duration | undefined
}

/** The API tokens of a user, the newest first. */
export const ownApiTokens = (
  { ports }: Core,
  userId: string,
): Promise<readonly ApiToken[]> => ports(apiTokenStore).apiTokens.list(userId as UserId)

/**
 * Creates an API token of a user, with scopes that the option `accounts.tokenScopes` lists.
 *
 * @throws AuthError `invalid`, whose body names the invalid fields; `user_not_found`
 */
export async function createOwnApiToken(
  core: Core,
  user: string,
  { name, scopes = [], expiresIn }: OwnApiToken,
): Promise<ShownToken> {
  const userId = user as UserId
  requireAllowedScopes(scopes, core)
  const lifetime =
    expiresIn === undefined ? undefined : (secondsOf(expiresIn) ?? Number.NaN)
  const input = { name, scopes, expiresIn: lifetime as ReturnType<typeof secondsOf> }
  const { apiTokens } = core.ports(apiTokenStore)
  const issued = await issueApiToken(userId, input, { ...core, apiTokens })
  const { id: token } = issued.record
  await core.audit.record({
    kind: 'api_token_created',
    userId,
    detail: { token, scopes: issued.record.scopes },
  })
  return issued
}

/** With any scope, users could create tokens for routes that `hasScope` closes to their sign-ins. */
function requireAllowedScopes(scopes: readonly unknown[], core: Core): void {
  const { tokenScopes } = accountSettings(core)
  const refused = scopes.filter((each) => !tokenScopes.some((scope) => scope === each))
  if (refused.length > 0)
    throw fieldError({
      scopes: [`Choose among: ${tokenScopes.join(', ') || 'no scopes'}.`],
    })
}

/** Revokes an API token of a user. @throws AuthError `not_found` */
export async function revokeOwnApiToken(
  { ports, audit }: Core,
  { userId, id }: { readonly userId: string; readonly id: string },
): Promise<void> {
  const { apiTokens } = ports(apiTokenStore)
  const tokens = await apiTokens.list(userId as UserId)
  const token = tokens.find((each) => each.id === id)
  if (token === undefined || !(await apiTokens.delete(token.id)))
    throw new AuthError('not_found')
  await audit.record({
    kind: 'api_token_revoked',
    userId: token.userId,
    detail: { token: id },
  })
}

/** Deletes the API tokens of a user that were made at a moment or later. */
export async function deleteApiTokens(
  userId: UserId,
  since: UnixSeconds,
  { ports, audit }: Core,
): Promise<void> {
  const { apiTokens } = ports(apiTokenStore)
  const late = (await apiTokens.list(userId)).filter(
    ({ createdAt }) => createdAt >= since,
  )
  const deleted = await Promise.all(late.map(({ id }) => apiTokens.delete(id)))
  const tokens = deleted.filter(Boolean).length
  if (tokens > 0)
    void audit.record({ kind: 'api_token_revoked', userId, detail: { tokens } })
}

/**
 * A person who signed up with another one's address may have created API tokens, set a phone number that codes are sent to, and added
 * factors.
 */
export async function revokeUnconfirmedAccess(
  { id, joinedAt }: StoredUser,
  core: Core,
): Promise<void> {
  await deleteApiTokens(id, joinedAt, core)
  await core.users.change(id, { phone: undefined })
  await core.takenOver(id)
}

const TOKEN_FIELDS: Properties = {
  id: text(),
  hint: text('The beginning of the token.'),
  name: orNull(text()),
  scopes: listOf(text()),
  created_at: moment('When it was created.'),
  expires_at: orNull(moment('When it expires; null: never.')),
}

const API_TOKEN = named('ApiToken', closed(TOKEN_FIELDS))
const SHOWN_API_TOKEN = closed({ ...TOKEN_FIELDS, token: text('The token itself.') })

/** @throws AuthError `invalid` */
function scopesIn({ values }: ParsedBody): readonly string[] {
  const scopes = values.get('scopes') ?? []
  if (Array.isArray(scopes) && scopes.every((each) => typeof each === 'string'))
    return scopes
  throw fieldError({ scopes: ['Not a valid list of strings.'] })
}

/** `GET` and `POST /auth/api-tokens/` */
export const apiTokensEndpoint = defineEndpoint({
  path: { at: '/auth/api-tokens/' },
  mount: hasAccounts,
  create: (_, open) =>
    guardedEndpoint<Principal>()({
      name: 'API Tokens',
      path: '/auth/api-tokens/',
      requirement: hasAllScopes,
      methods: {
        GET: {
          describe: () => ({
            operationId: 'listOwnApiTokens',
            summary: 'List your API tokens, newest first',
            answers: { 200: answer('The tokens.', listOf(API_TOKEN)) },
          }),
          ...listsOwn(open, async (core, { user }) =>
            (await ownApiTokens(core, user.id)).map(apiTokenJson),
          ),
        },
        POST: {
          requirement: isOwner,
          fields: {
            name: { trim: true, maxBytes: 1024, optional: true },
            expires_in: { trim: true, maxBytes: 64, optional: true },
            current_password: CURRENT_PASSWORD,
          },
          describe: () => ({
            operationId: 'createOwnApiToken',
            summary: 'Create an API token',
            body: members({ scopes: listOf(text()) }),
            answers: {
              201: answer('The token, which only this answer shows.', SHOWN_API_TOKEN),
            },
            errors: FRESH_ERRORS,
          }),
          async handle({ name, expires_in: expires, ...fresh }, _request, context) {
            const { principal, body } = context
            const core = await open()
            // It works after the session has ended, and after another password.
            await requireFresh(principal, fresh, core)
            const { token, record } = await createOwnApiToken(core, principal.user.id, {
              name,
              scopes: body === undefined ? [] : scopesIn(body),
              expiresIn: expires as Duration | undefined,
            })
            return json({ ...apiTokenJson(record), token }, { status: 201 })
          },
        },
      },
    }),
})

/** `DELETE /auth/api-tokens/{id}/` */
export const apiTokenEndpoint = ownRowEndpoint({
  name: 'API Token',
  path: '/auth/api-tokens/:id/',
  operationId: 'revokeOwnApiToken',
  summary: 'Revoke one of your API tokens',
  remove: revokeOwnApiToken,
})
