import { type Endpoint, endpoint } from '../../http/endpoint.ts'
import { TOKEN } from './credentials.ts'
import type { TokenVerbs } from './verbs.ts'

/** Exchanges a refresh token for an access token, and for its own successor where rotation is on. */
export const refresh = (verbs: Pick<TokenVerbs, 'refresh'>): Endpoint =>
  endpoint({
    name: 'Token Refresh',
    path: '/api/token/refresh/',
    methods: {
      POST: {
        fields: { refresh: TOKEN },
        handle: ({ refresh }) => verbs.refresh(refresh),
      },
    },
  })
