import { jsonText } from '../../http/json-text.ts'
import { ANSWER_TYPE } from '../../http/negotiation.ts'
import {
  type Header,
  jsonReply,
  methodNotAllowed,
  replyToThrown,
} from '../../http/reply.ts'
import type { AuthReply, AuthRequest } from '../../http/request.ts'

/** Where public keys are looked for. */
export const KEY_SET_PATH = '/.well-known/jwks.json'

export interface Published {
  readonly set: object
  /** Seconds that others may keep it: a key is published for longer before it signs. */
  readonly maxAge: number
}

/** The public keys as a JWK Set (RFC 7517 §5). Never rejects. */
export async function answerKeySet(
  request: AuthRequest,
  published: () => Promise<Published>,
  failed: (error: unknown) => void,
): Promise<AuthReply> {
  const headers: readonly Header[] = [['Allow', 'GET, HEAD, OPTIONS']]
  try {
    switch (request.method) {
      case 'GET':
      case 'HEAD': {
        const { set, maxAge } = await published()
        const cached: Header = ['Cache-Control', `public, max-age=${maxAge}`]
        const body = jsonText(set)
        return {
          status: 200,
          headers: [['Content-Type', ANSWER_TYPE], cached, ...headers],
          body,
        }
      }
      case 'OPTIONS':
        return jsonReply(200, { name: 'Key Set', renders: [ANSWER_TYPE] }, { headers })
      default:
        throw methodNotAllowed(request.method)
    }
  } catch (error) {
    return replyToThrown(error, undefined, failed, { headers })
  }
}
