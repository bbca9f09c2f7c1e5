import type { Endpoint } from '../../http/endpoint.ts'
import { TOKEN } from './credentials.ts'
import type { TokenVerbs } from './verbs.ts'

/**
 * Signs out: the token and its whole sign-in are dead.
 *
 * @param sliding whether a sliding token is taken too, in the field `token` (D34)
 */
export const blacklist = (
  verbs: Pick<TokenVerbs, 'blacklist'>,
  sliding: boolean,
): Endpoint => ({
  name: 'Token Blacklist',
  path: '/api/token/blacklist/',
  methods: {
    POST: {
      fields: ({ values }) =>
        sliding && values.has('token') && !values.has('refresh')
          ? { token: TOKEN }
          : { refresh: TOKEN },
      async handle({ refresh, token }) {
        await (refresh === undefined
          ? verbs.blacklist(token!, 'sliding')
          : verbs.blacklist(refresh, 'refresh'))
        return {}
      },
    },
  },
})
