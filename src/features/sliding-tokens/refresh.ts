import { type Endpoint, endpoint } from '../../http/endpoint.ts'
import { TOKEN } from '../tokens/credentials.ts'
import type { TokenVerbs } from '../tokens/verbs.ts'

/** Exchanges a sliding token for a longer one. */
export const refreshSliding = (verbs: Pick<TokenVerbs, 'refreshSliding'>): Endpoint =>
  endpoint({
    name: 'Token Refresh Sliding',
    path: '/api/token/sliding/refresh/',
    methods: {
      POST: {
        fields: { token: TOKEN },
        handle: ({ token }) => verbs.refreshSliding(token),
      },
    },
  })
