import { createRequire } from 'node:module'

export interface Credentials {
  readonly id: string
  readonly key: string
  readonly algorithm: 'sha256' | 'sha1'
}

export interface HeaderOptions {
  readonly credentials: Credentials
  /** Seconds since 1970. */
  readonly timestamp?: number
  readonly nonce?: string
  readonly payload?: string
  readonly contentType?: string
  readonly ext?: string
  readonly app?: string
  readonly dlg?: string
}

interface Answer {
  readonly headers: Readonly<Record<string, string>>
}

interface IncomingRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

type Find = (id: string) => Promise<Credentials>

/** What the tests use of the reference, which has no types. */
interface Reference {
  readonly client: {
    header(
      url: string,
      method: string,
      options: HeaderOptions,
    ): { readonly header: string; readonly artifacts: object }
    /** @throws if the answer is not that of the server */
    authenticate(
      answer: Answer,
      credentials: Credentials,
      artifacts: object,
      options: { readonly payload?: string; readonly required?: boolean },
    ): unknown
    getBewit(
      url: string,
      options: {
        readonly credentials: Credentials
        readonly ttlSec: number
        readonly localtimeOffsetMsec: number
        readonly ext?: string
      },
    ): string
  }
  readonly server: {
    authenticate(
      request: IncomingRequest,
      find: Find,
      options: {
        readonly port: number
        readonly payload?: string
        /** Throws if the nonce was used before. */
        readonly nonceFunc?: (key: string, nonce: string, ts: string) => Promise<void>
      },
    ): Promise<{ readonly artifacts: object }>
    /** @returns `Server-Authorization` */
    header(
      credentials: Credentials,
      artifacts: object,
      options: Pick<HeaderOptions, 'payload' | 'contentType' | 'ext'>,
    ): string
  }
  readonly uri: {
    authenticate(
      request: IncomingRequest,
      find: Find,
      options: { readonly port: number },
    ): Promise<unknown>
  }
}

/** The reference implementation, hawk 9. */
export const Hawk: Reference = createRequire(import.meta.url)('hawk')
