import { post } from '../../features/define-feature.ts'
import { TOKEN } from '../../features/tokens/credentials.ts'
import { verify as verifyEndpoint } from '../../features/tokens/verify.ts'
import { refuseCrossSite } from '../../http/cross-site.ts'
import { answer, type DescribedAnswer } from '../../http/description.ts'
import { closed, text } from '../../http/json-schema.ts'
import { refreshPair } from '../../tokens/pairs.ts'
import { refreshTokenIn } from '../../tokens/token-cookies.ts'
import { verifyAny } from '../../tokens/verify-and-blacklist.ts'
import { definePresetEndpoint, type PresetEndpoint } from '../define-preset.ts'
import {
  accessExpiration,
  answerWith,
  type PresetParts,
  refreshExpiration,
  tokenBody,
  tokenCookieValues,
} from './answer.ts'
import { setsCookies } from './cookies.ts'

/** `POST token/verify/` */
export const tokenVerify = (): PresetEndpoint =>
  definePresetEndpoint({
    path: '/token/verify/',
    span: 'watchword.verify',
    create: (_, open) =>
      post('Token Verify', {
        fields: { token: TOKEN },
        describe: () => ({
          operationId: 'djRestAuthTokenVerify',
          summary: 'Check a token of any type',
          answers: { 200: answer('The token is valid.') },
          errors: ['expired', 'revoked'],
        }),
        async handle({ token }) {
          await verifyAny(token, (await open()).tokens)
          return {}
        },
      }),
    errorFor: verifyEndpoint.errorFor,
  })

const refreshed = ({ settings }: PresetParts): DescribedAnswer => ({
  ...answer(
    'New tokens.',
    closed(
      {
        access: text(),
        refresh: text('Not if a cookie hides it, or refresh tokens are not rotated.'),
        access_expiration: text(),
        refresh_expiration: text(),
      },
      ['refresh', 'refresh_expiration'],
    ),
  ),
  ...(setsCookies(settings) && { headers: ['Set-Cookie'] }),
})

/** `POST token/refresh/`: a token of the body counts before that of the cookie. */
export const tokenRefresh = (parts: PresetParts): PresetEndpoint =>
  definePresetEndpoint({
    path: '/token/refresh/',
    span: 'watchword.refresh',
    create: (_, open) =>
      post('Token Refresh', {
        fields: { refresh: { ...TOKEN, optional: true } },
        describe: () => ({
          operationId: 'djRestAuthTokenRefresh',
          summary: 'Exchange a refresh token',
          answers: { 200: refreshed(parts) },
          errors: ['expired', 'account_gone', 'csrf_failed'],
        }),
        async handle({ refresh }, request) {
          const core = await open()
          const cookies = parts.cookies(core)
          if (setsCookies(parts.settings)) refuseCrossSite(request, cookies)
          const sent = refresh as string | undefined
          const token = sent ?? (await refreshTokenIn(request, cookies, core))
          const tokens = await refreshPair(token, core.tokens, request)
          const shown = tokenBody(tokens, parts.settings)
          const body = {
            ...shown,
            ...accessExpiration(tokens),
            ...('refresh' in shown && refreshExpiration(tokens)),
          }
          return answerWith(body, tokenCookieValues(tokens, request, parts, core))
        },
      }),
  })
