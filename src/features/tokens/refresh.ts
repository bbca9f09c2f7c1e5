import { refreshPair } from '../../tokens/pairs.ts'
import { refreshTokenIn } from '../../tokens/token-cookies.ts'
import type { OpenCore } from '../core.ts'
import { defineEndpoint, type PathlessEndpoint, post } from '../define-feature.ts'
import { deliver } from '../token-cookies/deliver.ts'
import { TOKEN, withoutRefresh } from './credentials.ts'
import { tokenOptions } from './options.ts'

/** Exchanges a refresh token for an access token and, with `tokens.rotate`, for its successor. */
export const refresh = defineEndpoint({
  path: { below: '/refresh/' },
  mount: 'by default',
  span: 'watchword.refresh',
  needs: {
    signing:
      'endpoints.refresh issues tokens: set tokens.signingKey, or leave endpoints.refresh out.',
  },
  create: ({ section }, open) =>
    section(tokenOptions).transport === 'cookie'
      ? refreshCookie(open)
      : refreshBody(open),
})

const refreshBody = (open: OpenCore): PathlessEndpoint =>
  post('Token Refresh', {
    fields: { refresh: TOKEN },
    handle: async ({ refresh }) => refreshPair(refresh, (await open()).tokens),
  })

const refreshCookie = (open: OpenCore): PathlessEndpoint =>
  post('Token Refresh', {
    fields: withoutRefresh,
    async handle(_, request) {
      const core = await open()
      const { tokens, tokenCookies } = core
      const token = await refreshTokenIn(request, tokenCookies!, core)
      return deliver(await refreshPair(token, tokens), request, core)
    },
  })
