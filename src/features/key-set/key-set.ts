import { jsonText } from '../../http/json-text.ts'
import { ANSWER_TYPE } from '../../http/negotiation.ts'
import {
  type Header,
  jsonReply,
  methodNotAllowed,
  replyToThrown,
} from '../../http/reply.ts'
import { defineEndpoint } from '../define-feature.ts'

/** The public keys as a JWK Set, at the address where clients look for it (RFC 7517 §5). */
export const keySetEndpoint = defineEndpoint({
  path: { at: '/.well-known/jwks.json' },
  mount: 'always',
  create: (_, open) => ({
    async reply(request, failed) {
      const headers: readonly Header[] = [['Allow', 'GET, HEAD, OPTIONS']]
      try {
        switch (request.method) {
          case 'GET':
          case 'HEAD': {
            const { keys } = await open()
            // Seconds that others may keep it: a key is published for longer before it signs.
            const cached: Header = ['Cache-Control', `public, max-age=${keys.maxAge}`]
            return {
              status: 200,
              headers: [['Content-Type', ANSWER_TYPE], cached, ...headers],
              body: jsonText(keys.published()),
            }
          }
          case 'OPTIONS':
            return jsonReply(
              200,
              { name: 'Key Set', renders: [ANSWER_TYPE] },
              { headers },
            )
          default:
            throw methodNotAllowed(request.method)
        }
      } catch (error) {
        return replyToThrown(error, undefined, failed, { headers })
      }
    },
  }),
})
