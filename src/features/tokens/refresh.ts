import { refreshPair } from '../../tokens/pairs.ts'
import { defineEndpoint, post } from '../define-feature.ts'
import { TOKEN } from './credentials.ts'

/** Exchanges a refresh token for an access token and, with `tokens.rotate`, for its successor. */
export const refresh = defineEndpoint({
  path: { below: '/refresh/' },
  mount: 'by default',
  span: 'watchword.refresh',
  needs: {
    signing:
      'endpoints.refresh issues tokens: set tokens.signingKey, or leave endpoints.refresh out.',
  },
  create: (_, open) =>
    post('Token Refresh', {
      fields: { refresh: TOKEN },
      handle: async ({ refresh }) => refreshPair(refresh, (await open()).tokens),
    }),
})
