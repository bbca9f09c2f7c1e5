import { defineEndpoint, post } from '../define-feature.ts'
import { TOKEN } from '../tokens/credentials.ts'
import { SLIDING_TOKEN } from './answer.ts'
import { slidingTokenOptions } from './options.ts'
import { refreshSliding } from './sliding.ts'

/** Exchanges a sliding token for one that expires later. */
export const slidingRefresh = defineEndpoint({
  path: { below: '/sliding/refresh/' },
  mount: 'on request',
  span: 'watchword.refresh',
  needs: {
    signing:
      'endpoints.slidingRefresh issues tokens: set tokens.signingKey, or leave endpoints.slidingRefresh out.',
  },
  create({ section }, open) {
    const settings = section(slidingTokenOptions)
    return post('Token Refresh Sliding', {
      fields: { token: TOKEN },
      describe: () => ({
        operationId: 'refreshSlidingToken',
        summary: 'Exchange a sliding token for one that expires later',
        answers: { 200: SLIDING_TOKEN },
        errors: ['expired'],
      }),
      handle: async ({ token }) => ({
        token: await refreshSliding(token, settings, (await open()).tokens),
      }),
    })
  },
})
