import { json } from '../../http/answer.ts'
import { defineEndpoint } from '../define-feature.ts'

/** The public keys as a JWK Set, at the address where clients look for it (RFC 7517 §5). */
export const keySetEndpoint = defineEndpoint({
  path: { at: '/.well-known/jwks.json' },
  mount: 'always',
  create: (_, open) => ({
    name: 'Key Set',
    // Clients of key sets accept `application/jwk-set+json` and others, and all of them read JSON.
    ignoresAccept: true,
    count: false,
    methods: {
      GET: {
        async handle() {
          const { keys } = await open()
          // A key is published for longer than that before it signs.
          const cacheControl = `public, max-age=${keys.maxAge}`
          return json(keys.published(), { cacheControl })
        },
      },
    },
  }),
})
