/** What of the public API of 0.1.0 the story uses. Not today's types: those change. */
export interface Release {
  watchword(options: object): Instance
  bearer(): unknown
  session(): unknown
  apiToken(): unknown
}

interface ShownToken {
  readonly token: string
  readonly record: { readonly id: string }
}

interface NewToken {
  readonly name?: string
  readonly scopes?: readonly string[]
  readonly expiresIn?: string
  readonly prefix?: string
}

export interface Instance {
  handler(
    request: Request,
    peer: { readonly address: string },
  ): Promise<Response>
  readonly users: {
    create(input: object): Promise<{ readonly id: string }>
    find(name: string): Promise<{ readonly id: string } | undefined>
    list(page: { readonly limit: number }): Promise<readonly { id: string }[]>
    setPassword(id: string, password: string): Promise<void>
    change(id: string, change: object): Promise<unknown>
    delete(id: string): Promise<boolean>
  }
  readonly sessions: {
    end(id: string): Promise<boolean>
    endAll(userId: string, except?: string): Promise<number>
  }
  readonly tokens: {
    create(userId: string, input?: NewToken): Promise<ShownToken>
    keyFor(userId: string, how?: { reset: boolean }): Promise<ShownToken>
    list(userId: string): Promise<readonly object[]>
    revoke(idOrHint: string): Promise<unknown>
    revokeAll(userId: string): Promise<number>
  }
  readonly keys: {
    list(): Promise<readonly { id: string; stage: string }[]>
    rotate(): Promise<unknown>
  }
  readonly events: {
    list(query: {
      limit: number
    }): Promise<readonly { readonly kind: string }[]>
    by<T>(actor: string, work: () => T): T
  }
  migrate(): Promise<void>
  close(): Promise<void>
}
