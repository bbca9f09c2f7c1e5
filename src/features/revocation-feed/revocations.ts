import { AuthError } from '../../base/errors.ts'
import { jsonText } from '../../base/json-text.ts'
import { content } from '../../http/answer.ts'
import { answer } from '../../http/description.ts'
import { text } from '../../http/json-schema.ts'
import { queryValues } from '../../http/query.ts'
import { defineEndpoint } from '../define-feature.ts'

/** Seconds that the feed may be cached, so that many services cost one answer per second. */
const MAX_AGE = 1

/**
 * The revoked sessions, for services that verify tokens and have no store. It is public: the id of a session is no
 * credential.
 */
export const revocationsEndpoint = defineEndpoint({
  path: { below: '/revocations/' },
  mount: 'on request',
  needs: {
    sessions:
      'endpoints.revocations lists revoked sessions: set tokens.sessions to true, or leave endpoints.revocations out.',
  },
  noHandler:
    'endpoints.revocations takes no handler: its answer has a fixed format, which watchword/verify reads. Leave "handle" out.',
  create(_, open) {
    // The session manager and the key ring return the same objects as long as nothing changes.
    const textOf = memoizedText()
    return {
      name: 'Revocations',
      ignoresAccept: true,
      count: false,
      methods: {
        GET: {
          describe: () => ({
            operationId: 'listRevocations',
            summary: 'Revoked sessions, for services that verify tokens',
            query: {
              since: text('The end of the page before.', { pattern: '^\\d{1,12}$' }),
            },
            answers: { 200: answer('Revoked sessions.', { type: 'object' }) },
            errors: ['invalid'],
          }),
          async handle(_fields, { url }) {
            const { sessions, keys } = await open()
            if (sessions === undefined) throw new AuthError('not_found')
            const page = await sessions.published(sinceIn(url))
            const text = textOf(page, keys.withdrawn())
            const cacheControl = `public, max-age=${MAX_AGE}`
            return content('application/json', text, { cacheControl })
          },
        },
      },
    }
  },
})

/** A page has up to thousands of ids: it is serialized once. */
function memoizedText(): (page: object, withdrawnKeys: readonly string[]) => string {
  const texts = new WeakMap<object, { keys: readonly string[]; text: string }>()
  return (page, keys) => {
    const known = texts.get(page)
    if (known?.keys === keys) return known.text
    const text = jsonText({ ...page, withdrawnKeys: keys })
    texts.set(page, { keys, text })
    return text
  }
}

/** @throws AuthError `invalid` if it is not a whole number of seconds, or is there more than once */
function sinceIn(url: string): number | undefined {
  const values = queryValues(url, 'since')
  const [text] = values
  if (text === undefined) return undefined
  if (values.length === 1 && /^\d{1,12}$/.test(text)) return Number(text)
  throw new AuthError('invalid', undefined, {
    body: { since: ['A valid integer is required.'] },
  })
}
