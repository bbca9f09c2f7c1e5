import type { Duration } from '../../base/duration.ts'
import type { OpenCore } from '../core.ts'
import type { OAuthClient, ShownClient } from './client.ts'
import type { ClientChanges, NewClient } from './new-client.ts'
import type { InitialAccessToken } from './registration/registration-token.ts'

/** `auth.clients`. */
export interface ClientAdmin {
  /**
   * Registers an application.
   *
   * @throws AuthError `invalid`, whose body names the invalid fields
   */
  create(input: NewClient): Promise<ShownClient>
  /** The newest first. */
  list(): Promise<readonly OAuthClient[]>
  find(id: string): Promise<OAuthClient | undefined>
  /**
   * Changes an application. What it may do no more, it loses: sessions of users with a scope or a resource that was removed end, and all of
   * them if the grant is removed, users are to be asked now, or it gets other names for them (another subject type or sector); tokens that it
   * has for itself end with a proof, a key, a scope, a resource or a grant; codes end with their redirect URI. With the proof `secret`, an
   * application that had none gets one.
   *
   * @returns `undefined` if there is no such application
   * @throws AuthError `invalid`, whose body names the invalid fields
   */
  update(id: string, changes: ClientChanges): Promise<ShownClient | undefined>
  /**
   * Gives an application a new secret. The tokens that it has for itself are revoked; the consents of its users go on.
   *
   * @param options.overlap how long the former secret is accepted as well: 0 if another person may know it. Default one day
   * @returns `undefined` if there is no such application, it has no secret, or it is disabled
   */
  rotateSecret(
    id: string,
    options?: { readonly overlap?: Duration },
  ): Promise<ShownClient | undefined>
  /** Disables an application, and revokes all its tokens. @returns `false` if there is none, or it is disabled */
  disable(id: string): Promise<boolean>
  /**
   * Enables an application that was disabled. Its tokens stay revoked: users let it in again.
   *
   * @returns `false` if there is none, or it is not disabled
   */
  enable(id: string): Promise<boolean>
  /**
   * Issues an initial access token, with which one application can be registered (RFC 7591 §3).
   *
   * @param options.expiresIn at most 90 days. Default one day
   * @throws AuthError `invalid`
   */
  registrationToken(options?: {
    readonly expiresIn?: Duration
  }): Promise<InitialAccessToken>
  /** Deletes an application, and revokes all its tokens. @returns `false` if there is none */
  delete(id: string): Promise<boolean>
}

/** What it does is loaded when it is used. */
export function clientAdmin(open: OpenCore): ClientAdmin {
  const verbs = () => import('./clients.ts')
  return {
    create: async (input) => (await verbs()).createClient(input, await open()),
    list: async () => (await verbs()).listClients(await open()),
    find: async (id) => (await verbs()).findClient(id, await open()),
    update: async (id, changes) =>
      (await import('./update-client.ts')).updateClient(id, changes, await open()),
    rotateSecret: async (id, options) =>
      (await verbs()).rotateSecret(id, options, await open()),
    disable: async (id) => (await verbs()).disableClient(id, await open()),
    enable: async (id) => (await verbs()).enableClient(id, await open()),
    registrationToken: async (options) => {
      const { issueRegistrationToken } = await import(
        './registration/registration-token.ts'
      )
      return issueRegistrationToken(options, await open())
    },
    delete: async (id) => (await verbs()).deleteClient(id, await open()),
  }
}
