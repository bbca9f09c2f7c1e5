import type { Mail } from '../../../src/features/mail/message.ts'
import { isStaff } from '../../../src/permissions/basic-permissions.ts'
import { type DjRestAuthOptions, djRestAuth } from '../../../src/presets/index.ts'
import type { Options } from '../../../src/settings/options.ts'
import type { JsonObject } from '../recording.ts'
import type { Neighbour, NeighbourTerms, OpenNeighbour } from './neighbour.ts'
import { outboxSent } from './outbox.ts'

type Draft = { -readonly [Name in keyof DjRestAuthOptions]?: DjRestAuthOptions[Name] }

/** The options for each setting of `REST_AUTH`. */
const SETTINGS: { readonly [setting: string]: (value: never) => Draft } = {
  USE_JWT: (jwt: boolean) => (jwt ? { issue: 'jwt' } : {}),
  TOKEN_MODEL: () => ({ issue: 'none' }),
  SESSION_LOGIN: (sessionLogin: boolean) => ({ sessionLogin }),
  JWT_AUTH_COOKIE: (cookie: string) => ({ cookie }),
  JWT_AUTH_REFRESH_COOKIE: (refreshCookie: string) => ({ refreshCookie }),
  JWT_AUTH_REFRESH_COOKIE_PATH: (refreshCookiePath: string) => ({ refreshCookiePath }),
  JWT_AUTH_SECURE: (secure: boolean) => ({ secure }),
  JWT_AUTH_HTTPONLY: (httpOnly: boolean) => ({ httpOnly }),
  JWT_AUTH_SAMESITE: (sameSite: DjRestAuthOptions['sameSite'] & {}) => ({ sameSite }),
  JWT_AUTH_COOKIE_DOMAIN: (domain: string) => ({ domain }),
  JWT_AUTH_RETURN_EXPIRATION: (returnExpiration: boolean) => ({ returnExpiration }),
  JWT_AUTH_COOKIE_USE_CSRF: (csrf: boolean) => ({ csrf }),
  // Always on here, as far as the origin.
  JWT_AUTH_COOKIE_ENFORCE_CSRF_ON_UNAUTHENTICATED: () => ({ csrf: true }),
  OLD_PASSWORD_FIELD_ENABLED: (oldPassword: boolean) => ({ oldPassword }),
  LOGOUT_ON_PASSWORD_CHANGE: () => ({}),
  REGISTER_PERMISSION_CLASSES: () => ({ registerPermission: isStaff }),
  USER_DETAILS_SERIALIZER: () => ({
    user: ({ id, username, email }) => ({ email, id: Number(id), username }),
  }),
  // `claims` of the recorded project's serializer is an option of tokens.
  JWT_TOKEN_CLAIMS_SERIALIZER: () => ({}),
  // No link is built from `Host`.
  PASSWORD_RESET_USE_SITES_DOMAIN: () => ({}),
}

/** Their defaults. */
const DEFAULTS: Draft = {
  issue: 'token',
  sessionLogin: true,
  secure: false,
  csrf: false,
  cookiePrefix: false,
  oldPassword: false,
  refreshCookiePath: '/',
}

const NO_LIMITS: Options = {
  codes: { resendAfter: 0, perTarget: null, perClient: null, inTotal: null },
}

function open(settings: JsonObject, { config }: NeighbourTerms): OpenNeighbour {
  const { ACCOUNT_LOGIN_METHODS: methods, ACCOUNT_LOGOUT_ON_GET: onGet } =
    config.SETTINGS ?? {}
  const hasAllauth = config.NEIGHBOURS?.includes('allauth') === true
  const options: Draft = Object.assign(
    {},
    DEFAULTS,
    onGet === undefined ? {} : { logoutOnGet: onGet },
    hasAllauth
      ? { registration: true, loginMethods: ['username'], social: { social: 'oracle' } }
      : {},
    methods === undefined ? {} : { loginMethods: methods },
    ...Object.entries(settings).map(([name, value]) => SETTINGS[name]?.(value as never)),
  )
  const hasSession = config.AUTHENTICATORS?.includes('session') === true
  // Without the scheme nothing reads the session.
  const preset = djRestAuth({
    ...options,
    sessionLogin: options.sessionLogin === true && hasSession,
  })
  const isMandatory = config.SETTINGS?.ACCOUNT_EMAIL_VERIFICATION === 'mandatory'
  const lifetime = config.SETTINGS?.ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS
  const mails: Mail[] = []
  return {
    mails,
    schemes: { 'jwt-cookie': preset.scheme },
    options: {
      ...NO_LIMITS,
      presets: [preset],
      // Django's sign-in for a session updates it.
      users: { updateLastLogin: options.sessionLogin === true },
      mail: (mail) => void mails.push(mail),
      // The scope of all its views. Here `anon` counts all public endpoints.
      ...(config.REST_FRAMEWORK !== undefined && { throttle: { anon: '2/min' } }),
      url: 'https://oracle.test',
      user: { first_name: 'string?', last_name: 'string?' },
      accounts: {
        requireActivation: isMandatory,
        ...(settings.LOGOUT_ON_PASSWORD_CHANGE === true && {
          passwordChangeRevokes: 'all',
        }),
        ...(lifetime === 0 && { lifetimes: { activate: '1m' } }),
        links: {
          resetPassword: 'https://oracle.test/password-reset/confirm/{uid}/{token}/',
          activate: 'https://oracle.test/account-confirm-email/{token}/',
          verify: 'https://oracle.test/account-confirm-email/{token}/',
        },
      },
    },
    views: () => [],
    settle: outboxSent,
    // An id that was made here, where upstream counts.
    placeholder: (text, path) =>
      path === 'user.pk' && /^[\da-f]{32}$/.test(text) ? '<hex32>' : undefined,
  }
}

const NO_ROWS = {
  rows: () => new Map(),
  changesOfOurs: (changes: JsonObject) => changes,
}

export const djRestAuthNeighbour: Neighbour = {
  name: 'dj-rest-auth',
  section: 'REST_AUTH',
  settings: Object.keys(SETTINGS),
  authenticators: ['jwt-cookie'],
  effect: 'dj-rest-auth',
  ofDjango: ['ACCOUNT_LOGOUT_ON_GET'],
  open,
  ...NO_ROWS,
}

/** What the recorded project signs users up with. */
export const allauthNeighbour: Neighbour = {
  name: 'allauth',
  section: 'ALLAUTH',
  effect: 'allauth',
  settings: [],
  authenticators: [],
  ofDjango: [
    'ACCOUNT_LOGIN_METHODS',
    'ACCOUNT_EMAIL_VERIFICATION',
    'ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS',
    'ACCOUNT_SIGNUP_FIELDS',
    'ACCOUNT_UNIQUE_EMAIL',
    'ACCOUNT_USERNAME_MIN_LENGTH',
    'ACCOUNT_USERNAME_BLACKLIST',
  ],
  open: () => ({
    schemes: {},
    options: {},
    views: () => [],
    placeholder: () => undefined,
  }),
  ...NO_ROWS,
}
