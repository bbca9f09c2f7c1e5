import { AuthError } from '../../base/errors.ts'
import { jsonText } from '../../http/json-text.ts'
import { ANSWER_TYPE } from '../../http/negotiation.ts'
import {
  type Header,
  jsonReply,
  methodNotAllowed,
  replyToThrown,
} from '../../http/reply.ts'
import { defineEndpoint } from '../define-feature.ts'

/** Seconds that a response may be cached, here and by proxies. */
const MAX_AGE = 1

/**
 * The revoked sessions, for services that verify tokens and have no store. It needs no credentials: the id of a session
 * gives access to nothing.
 */
export const revocationsEndpoint = defineEndpoint({
  path: { below: '/revocations/' },
  mount: 'on request',
  needs: {
    sessions:
      'endpoints.revocations needs tokens.sessions: without a store nothing ends before it expires.',
  },
  noHandler:
    'endpoints.revocations takes no handler: it answers what has ended, and no fields.',
  create(_, open) {
    const pageFrom = async (since: number | undefined): Promise<object> => {
      const { sessions } = await open()
      if (sessions === undefined) throw new AuthError('not_found')
      return sessions.published(since)
    }
    // The session manager returns the same object while a page stays the same.
    const texts = new WeakMap<object, string>()
    const textOf = (page: object): string => {
      const text = texts.get(page) ?? jsonText(page)
      texts.set(page, text)
      return text
    }
    const headers: readonly Header[] = [['Allow', 'GET, HEAD, OPTIONS']]
    return {
      async reply(request, failed) {
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
          return replyToThrown(error, undefined, failed, { headers })
        }
      },
    }
  },
})

/** @throws AuthError `invalid` unless it is one whole number of seconds */
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
