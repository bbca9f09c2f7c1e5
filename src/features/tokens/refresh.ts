import type { Description } from '../../http/description.ts'
import { refreshPair } from '../../tokens/pairs.ts'
import { refreshTokenIn } from '../../tokens/token-cookies.ts'
import type { OpenCore, SectionReader } from '../core.ts'
import { defineEndpoint, type PathlessEndpoint, post } from '../define-feature.ts'
import { deliver } from '../token-cookies/deliver.ts'
import { TOKEN, withoutRefresh } from './credentials.ts'
import { tokenOptions } from './options.ts'
import { crossSiteErrors, refreshAnswer } from './token-answers.ts'

/** Exchanges a refresh token for an access token and, with `tokens.rotate`, for its successor. */
export const refresh = defineEndpoint({
  path: { below: '/refresh/' },
  mount: 'by default',
  span: 'watchword.refresh',
  needs: {
    signing:
      'endpoints.refresh issues tokens: set tokens.signingKey, or leave endpoints.refresh out.',
  },
  create({ section }, open) {
    if (section(tokenOptions).transport === 'cookie') return refreshCookie(section, open)
    return refreshBody(section, open)
  },
})

const refreshBody = (section: SectionReader, open: OpenCore): PathlessEndpoint =>
  post('Token Refresh', {
    describe: describeWith(section),
    fields: { refresh: TOKEN },
    handle: async ({ refresh }, request) =>
      refreshPair(refresh, (await open()).tokens, request),
  })

const describeWith = (section: SectionReader) => (): Description => ({
  operationId: 'refreshToken',
  summary: 'Exchange a refresh token',
  answers: refreshAnswer(section),
  errors: ['expired', 'account_gone', ...crossSiteErrors(section)],
})

const refreshCookie = (section: SectionReader, open: OpenCore): PathlessEndpoint =>
  post('Token Refresh', {
    describe: describeWith(section),
    fields: withoutRefresh,
    async handle(_, request) {
      const core = await open()
      const { tokens, tokenCookies } = core
      const token = await refreshTokenIn(request, tokenCookies!, core)
      return deliver(await refreshPair(token, tokens), request, core)
    },
  })
