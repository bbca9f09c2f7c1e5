import { AuthError } from '../../base/errors.ts'
import { type Answer, empty, json, redirect } from '../../http/answer.ts'
import { queryOf } from '../../http/query.ts'
import type { AuthRequest } from '../../http/request.ts'
import { nextPath } from '../../pages/next-path.ts'
import type { Principal } from '../../permissions/permission.ts'
import { type FreshInput, requireFresh } from '../accounts/fresh.ts'
import { ownAccount } from '../accounts/own-account.ts'
import type { Core } from '../core.ts'
import { deliverSignIn } from '../token-cookies/deliver.ts'
import { METHODS } from './account-of-profile.ts'
import { beginSocial, providerNamed } from './begin.ts'
import { callbackAddress } from './callback-address.ts'
import { identityJson } from './identity-json.ts'
import { linkOwnIdentity, listIdentities, unlinkOwnIdentity } from './own-identities.ts'
import {
  accountOfProof,
  proveSocial,
  requireRedirectUri,
  type SocialProof,
} from './sign-in.ts'

export async function begin(
  name: string | undefined,
  request: AuthRequest,
  core: Core,
): Promise<Answer> {
  const settings = providerNamed(name, core)
  const query = queryOf(request.url)
  const own = query.get('redirect_uri')
  if (own !== null) {
    requireRedirectUri(settings, own)
    const begun = await beginSocial(settings, { redirectUri: own }, request, core)
    return json(
      { authorization_url: begun.authorizationUrl },
      { headers: [['Set-Cookie', begun.cookie]] },
    )
  }
  const redirectUri = callbackAddress(settings, core)
  if (redirectUri === undefined)
    throw new AuthError('invalid', undefined, {
      body: { redirect_uri: ['This field is required.'] },
    })
  const state = { redirectUri, next: nextPath(query.get('next')) }
  const begun = await beginSocial(settings, state, request, core)
  return redirect(begun.authorizationUrl, { headers: [['Set-Cookie', begun.cookie]] })
}

export function signIn(
  name: string | undefined,
  proof: SocialProof,
  request: AuthRequest,
  core: Core,
) {
  const settings = providerNamed(name, core)
  return deliverSignIn(request, core, async () => {
    const { account, created } = await accountOfProof(settings, proof, request, core)
    const pair = await core.completeSignIn(account, { methods: METHODS, request })
    return { ...pair, created }
  })
}

export async function list({ user: { id } }: Principal, core: Core): Promise<Answer> {
  const { user } = await ownAccount(id, core)
  return json((await listIdentities(user.id, core)).map(identityJson))
}

export async function add(
  {
    provider,
    current_password,
    ...proof
  }: SocialProof & FreshInput & { readonly provider: string },
  request: AuthRequest,
  principal: Principal,
  core: Core,
): Promise<Answer> {
  const settings = providerNamed(provider, core)
  const account = await requireFresh(principal, { current_password }, core)
  const profile = await proveSocial(settings, proof, request, core)
  const identity = await linkOwnIdentity(account, settings, profile, request, core)
  return json(identityJson(identity), { status: 201 })
}

export async function remove(
  removal: Parameters<typeof unlinkOwnIdentity>[1],
  request: AuthRequest,
  principal: Principal,
  core: Core,
): Promise<Answer> {
  await unlinkOwnIdentity(principal, removal, request, core)
  return empty()
}
