import { type Endpoint, endpoint } from '../../http/endpoint.ts'
import type { TokenVerbs } from '../tokens/verbs.ts'

/** Signs a browser out: its session ends, and the answer takes its cookies away. Whoever is not signed in is told the same. */
export const logout = (verbs: Pick<TokenVerbs, 'logout'>): Endpoint =>
  endpoint({
    name: 'Logout',
    path: '/auth/logout/',
    methods: {
      POST: {
        fields: {},
        handle: (_, request) => verbs.logout(request),
      },
    },
  })
