import { apiToken, basic, bearer, session } from '../../src/authentication.ts'
import {
  djoser,
  djRestAuth,
  knox,
  oauthToolkit,
  passwordless,
  socialOAuth2,
} from '../../src/presets/index.ts'
import type { Options } from '../../src/settings/options.ts'

const mail = async (): Promise<void> => {}

const ACCOUNTS: Options = {
  url: 'https://app.acme.test',
  accounts: { signInCodes: true },
  mail,
  sms: mail,
  user: { nickname: 'string?', born: 'date' },
  secondFactors: { rememberDevice: '30d' },
  passkeys: true,
}

const SCHEMES = [bearer(), session(), apiToken(), basic()]

/** Instances that differ in what their documents say. */
export const CONFIGURATIONS: Readonly<Record<string, Options>> = {
  default: {},
  sliding: { endpoints: { slidingObtain: true, slidingRefresh: true } },
  session: { authentication: [session()] },
  'API tokens': { authentication: [apiToken()] },
  'e-mail as login field': { users: { loginField: 'email' } },
  'rotation off': { tokens: { rotate: false } },
  'sessions off': { tokens: { sessions: false } },
  cookies: { tokens: { transport: 'cookie' } },
  'all presets': {
    ...ACCOUNTS,
    authentication: SCHEMES,
    endpoints: { signUp: false },
    presets: [
      djoser({ jwt: true }),
      djRestAuth({ registration: true }),
      knox({ limit: 10 }),
      passwordless({ types: ['email', 'mobile'] }),
    ],
  },
  'presets of OAuth': {
    ...ACCOUNTS,
    oauth: { scopes: { read: 'Read' }, authorizePath: '/o/authorize/' },
    social: { google: { clientId: 'app-1' } },
    presets: [oauthToolkit(), socialOAuth2({ prefix: '/social' })],
  },
  'all features': {
    ...ACCOUNTS,
    browsableApi: true,
    oauth: {
      scopes: { 'posts:read': 'Read your posts' },
      device: true,
      registration: 'token',
    },
    authentication: SCHEMES,
    endpoints: { slidingObtain: true, slidingRefresh: true, revocations: true },
  },
  'a path prefix': { path: '/v2/token', endpoints: { verify: '/v2/check' } },
  smallest: {
    endpoints: { obtain: false, refresh: false, verify: false, blacklist: false },
  },
}
