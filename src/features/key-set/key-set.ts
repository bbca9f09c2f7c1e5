import { json } from '../../http/answer.ts'
import { type Endpoint, endpoint } from '../../http/endpoint.ts'

/** Where clients look for public keys. */
export const KEY_SET_PATH = '/.well-known/jwks.json'

export interface PublishedKeys {
  readonly set: object
  /** Seconds that others may cache it: a key is published for longer than that before it signs. */
  readonly maxAge: number
}

/** The public keys as a JWK Set (RFC 7517 §5). */
export const keySet = (published: () => Promise<PublishedKeys>): Endpoint =>
  endpoint({
    name: 'Key Set',
    path: KEY_SET_PATH,
    // Clients of key sets accept `application/jwk-set+json` and others, and all of them read JSON.
    ignoresAccept: true,
    count: false,
    methods: {
      GET: {
        async handle() {
          const { set, maxAge } = await published()
          return json(set, { cacheControl: `public, max-age=${maxAge}` })
        },
      },
    },
  })
