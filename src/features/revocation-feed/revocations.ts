import { AuthError } from '../../base/errors.ts'
import { jsonText } from '../../http/json-text.ts'
import { ANSWER_TYPE } from '../../http/negotiation.ts'
import {
  type Header,
  jsonReply,
  methodNotAllowed,
  replyToThrown,
} from '../../http/reply.ts'
import type { AuthReply, AuthRequest } from '../../http/request.ts'

/** Whoever asks the same within a second gets the same, here and from whatever stands in front. */
const MAX_AGE = 1

/**
 * The sessions that have ended, for services that verify tokens and have no store. Anybody may ask: the id of a session opens
 * nothing. Never rejects.
 *
 * @param pageFrom gives one object for one page, as long as it is the same
 */
export function revocations(
  pageFrom: (since: number | undefined) => Promise<object>,
  failed: (error: unknown, request: AuthRequest) => void,
) {
  const texts = new WeakMap<object, string>()
  const textOf = (page: object): string => {
    const text = texts.get(page) ?? jsonText(page)
    texts.set(page, text)
    return text
  }
  const headers: readonly Header[] = [['Allow', 'GET, HEAD, OPTIONS']]
  return async (request: AuthRequest): Promise<AuthReply> => {
    try {
      switch (request.method) {
        case 'GET':
        case 'HEAD': {
          const body = textOf(await pageFrom(sinceIn(request.url)))
          const cached: Header = ['Cache-Control', `public, max-age=${MAX_AGE}`]
          return {
            status: 200,
            headers: [['Content-Type', ANSWER_TYPE], cached, ...headers],
            body,
          }
        }
        case 'OPTIONS':
          return jsonReply(
            200,
            { name: 'Revocations', renders: [ANSWER_TYPE] },
            { headers },
          )
        default:
          throw methodNotAllowed(request.method)
      }
    } catch (error) {
      return replyToThrown(error, undefined, (fault) => failed(fault, request), {
        headers,
      })
    }
  }
}

/** @throws AuthError `invalid` where it is no whole number of seconds, or is there more than once */
function sinceIn(url: string): number | undefined {
  const query = url.indexOf('?')
  const all = query === -1 ? [] : new URLSearchParams(url.slice(query)).getAll('since')
  const [text] = all
  if (text === undefined) return undefined
  if (all.length === 1 && /^\d{1,12}$/.test(text)) return Number(text)
  throw new AuthError('invalid', undefined, {
    body: { since: ['A valid integer is required.'] },
  })
}
