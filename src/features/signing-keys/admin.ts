import type { OpenCore } from '../core.ts'
import type { NewSigningKey } from './new-signing-key.ts'
import type { ShownSigningKey, SigningKey, SigningKeyOwner } from './signing-key.ts'
import type { RotationOptions } from './signing-keys.ts'

/** `auth.signingKeys`. A new password or a sign-out does not revoke keys. */
export interface SigningKeyAdmin {
  /**
   * Creates a key. Only this call returns its secret.
   *
   * @param owner `{ userId }` or `{ clientId }`
   * @throws AuthError `invalid`, whose body names the invalid fields; `user_not_found`
   */
  create(owner: SigningKeyOwner, input?: NewSigningKey): Promise<ShownSigningKey>
  /** The newest first, a thousand at most. @param owner default: the keys of all */
  list(owner?: SigningKeyOwner): Promise<readonly SigningKey[]>
  /**
   * Creates the key that follows one, with its algorithm, scopes, label and expiry. Both are valid during the overlap. Of concurrent
   * calls one succeeds.
   *
   * @returns `undefined` if there is no such key, or it has expired or was replaced before
   * @throws AuthError `invalid`, whose body names the invalid fields
   */
  rotate(id: string, options?: RotationOptions): Promise<ShownSigningKey | undefined>
  /** Revokes a key at once. @returns the revoked key; `undefined` if there is none */
  revoke(id: string): Promise<SigningKey | undefined>
  /** @returns how many it revoked */
  revokeAll(owner: SigningKeyOwner): Promise<number>
}

/** What it does is loaded when it is used. */
export function signingKeyAdmin(open: OpenCore): SigningKeyAdmin {
  const verbs = () => import('./signing-keys.ts')
  return {
    create: async (owner, input = {}) =>
      (await verbs()).createSigningKey(owner, input, await open()),
    list: async (owner) => (await verbs()).listSigningKeys(owner, await open()),
    rotate: async (id, options = {}) =>
      (await verbs()).rotateSigningKey(id, options, await open()),
    revoke: async (id) => (await verbs()).revokeSigningKey(id, await open()),
    revokeAll: async (owner) => (await verbs()).revokeAllSigningKeys(owner, await open()),
  }
}
