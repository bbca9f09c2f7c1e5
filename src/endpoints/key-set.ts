import type { AuthReply, AuthRequest } from '../base/request.ts'
import { jsonText } from './json.ts'
import { ANSWER_TYPE } from './negotiation.ts'
import { type Header, methodNotAllowed, replyToError, replyWith } from './reply.ts'

/** Where public keys are looked for. */
export const KEY_SET_PATH = '/.well-known/jwks.json'

/** Others may keep the set for this many seconds; a key is published long before it signs. */
const MAX_AGE = 300

/** The public keys as a JWK Set (RFC 7517 §5). Never rejects. */
export async function answerKeySet(
  request: AuthRequest,
  published: () => Promise<object>,
  failed: (error: unknown) => void,
): Promise<AuthReply> {
  const headers: readonly Header[] = [['Allow', 'GET, HEAD, OPTIONS']]
  try {
    switch (request.method) {
      case 'GET':
      case 'HEAD': {
        const cached: Header = ['Cache-Control', `public, max-age=${MAX_AGE}`]
        const body = jsonText(await published())
        return { status: 200, headers: [['Content-Type', ANSWER_TYPE], cached, ...headers], body }
      }
      case 'OPTIONS':
        return replyWith(200, { name: 'Key Set', renders: [ANSWER_TYPE] }, { headers })
      default:
        throw methodNotAllowed(request.method)
    }
  } catch (error) {
    return replyToError(error, undefined, failed, { headers })
  }
}
