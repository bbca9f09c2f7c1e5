import { json } from '../../http/answer.ts'
import { answer } from '../../http/description.ts'
import { closed, listOf, named } from '../../http/json-schema.ts'
import { defineEndpoint } from '../define-feature.ts'

const KEY_SET = named('JwkSet', closed({ keys: listOf({ type: 'object' }) }))

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
        describe: () => ({
          operationId: 'jwks',
          summary: 'The public keys, as a JWK Set',
          answers: { 200: answer('The keys (RFC 7517).', KEY_SET) },
        }),
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
