/** What the test uses: the package has no types. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  interface Grant {
    addOIDCScope(scope: string): void
    addResourceScope(resource: string, scope: string): void
    save(): Promise<string>
  }

  interface Configuration {
    readonly clients: readonly object[]
    readonly adapter?: new (model: string) => object
    readonly pkce: { required(): boolean }
    readonly claims: Readonly<Record<string, readonly string[]>>
    readonly features: object
    readonly jwks?: { readonly keys: readonly object[] }
    readonly scopes?: readonly string[]
    readonly rotateRefreshToken?: boolean
    issueRefreshToken?(
      context: unknown,
      client: { grantTypeAllowed(type: string): boolean },
    ): boolean
    readonly interactions: { url(context: unknown, interaction: { uid: string }): string }
    findAccount(context: unknown, accountId: string): object
    loadExistingGrant(context: {
      readonly oidc: {
        readonly client?: { readonly clientId: string }
        readonly session?: { readonly accountId?: string }
      }
    }): Promise<Grant>
  }

  export default class Provider {
    constructor(issuer: string, configuration: Configuration)
    readonly Grant: new (of: {
      clientId: string
      accountId: string
    }) => Grant
    callback(): (request: IncomingMessage, response: ServerResponse) => unknown
    interactionFinished(
      request: IncomingMessage,
      response: ServerResponse,
      result: object,
    ): Promise<void>
  }
}
