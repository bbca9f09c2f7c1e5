import { type Endpoint, endpoint } from '../../http/endpoint.ts'
import type { TokenVerbs } from '../tokens/verbs.ts'

/** Signs a browser out: its session ends, and the answer takes its cookies away. Whoever is not signed in is told the same. */
export const logout = (verbs: Pick<TokenVerbs, 'logout'>): Endpoint =>
  endpoint({
    name: 'Logout',
    method: 'POST',
    fields: {},
    async handle(_, request, setCookie) {
      await verbs.logout(request, setCookie)
      return {}
    },
  })
