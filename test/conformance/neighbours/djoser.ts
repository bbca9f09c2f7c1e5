import type { AccountOptions } from '../../../src/features/accounts/options.ts'
import type { Mail } from '../../../src/features/mail/message.ts'
import { isAuthenticated, isStaff } from '../../../src/permissions/basic-permissions.ts'
import { anyOf } from '../../../src/permissions/compose.ts'
import { denied, granted } from '../../../src/permissions/decision.ts'
import { allowAny, isReadOnly } from '../../../src/permissions/index.ts'
import { type Permission, signedIn } from '../../../src/permissions/permission.ts'
import { type DjoserOptions, djoser } from '../../../src/presets/index.ts'
import type { User } from '../../../src/users/user.ts'
import type { RecordedConfig } from '../configs.ts'
import type { JsonObject } from '../recording.ts'
import type { Neighbour, NeighbourTerms, OpenNeighbour } from './neighbour.ts'
import { outboxSent } from './outbox.ts'

interface Translated {
  readonly djoser?: DjoserOptions
  readonly accounts?: AccountOptions
}

const NONE = (): Translated => ({})

/** The options for each setting of `DJOSER`. */
const SETTINGS: { readonly [setting: string]: (value: never) => Translated } = {
  SEND_ACTIVATION_EMAIL: (requireActivation: boolean) => ({
    accounts: { requireActivation },
  }),
  // A mail that watchword does not send.
  SEND_CONFIRMATION_EMAIL: NONE,
  // Mails that watchword always sends.
  PASSWORD_CHANGED_EMAIL_CONFIRMATION: NONE,
  USERNAME_CHANGED_EMAIL_CONFIRMATION: NONE,
  // All that a configuration has.
  USER_CREATE_PASSWORD_RETYPE: (retype: boolean) => ({ djoser: { retype } }),
  SET_PASSWORD_RETYPE: NONE,
  SET_USERNAME_RETYPE: NONE,
  PASSWORD_RESET_CONFIRM_RETYPE: NONE,
  USERNAME_RESET_CONFIRM_RETYPE: NONE,
  HIDE_USERS: (hideUsers: boolean) => ({ djoser: { hideUsers } }),
  PASSWORD_RESET_SHOW_EMAIL_NOT_FOUND: (showEmailNotFound: boolean) => ({
    djoser: { showEmailNotFound },
  }),
  USERNAME_RESET_SHOW_EMAIL_NOT_FOUND: (showEmailNotFound: boolean) => ({
    djoser: { showEmailNotFound },
  }),
  CREATE_SESSION_ON_LOGIN: (createSession: boolean) => ({ djoser: { createSession } }),
  LOGOUT_ON_PASSWORD_CHANGE: (revokeToken: boolean) => ({
    djoser: { revokeToken },
    accounts: { passwordChangeRevokes: 'all' },
  }),
  // The option `users.loginField`: see `open`.
  LOGIN_FIELD: NONE,
  TOKEN_MODEL: () => ({ djoser: { token: false } }),
  // The option `redirectUris` of each provider.
  SOCIAL_AUTH_ALLOWED_REDIRECT_URIS: () => ({ djoser: { social: true } }),
  USER_ID_FIELD: (idField: 'username') => ({ djoser: { idField } }),
  EMAIL_FRONTEND_PROTOCOL: NONE,
  // The option `url`.
  EMAIL_FRONTEND_DOMAIN: NONE,
  EMAIL_FRONTEND_SITE_NAME: NONE,
  PASSWORD_RESET_CONFIRM_URL: NONE,
  USERNAME_RESET_CONFIRM_URL: NONE,
  ACTIVATION_URL: NONE,
  PERMISSIONS: (permissions: { readonly [name: string]: readonly string[] }) => ({
    djoser: {
      permissions: Object.fromEntries(
        Object.entries(permissions).map(([name, [path = '']]) => [
          name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
          PERMISSIONS[path],
        ]),
      ),
    },
  }),
}

const isSelfOrStaff = signedIn<Permission<User | undefined>>(({ identity, resource }) =>
  identity !== undefined && (identity.user.staff || resource?.id === identity.user.id)
    ? granted
    : denied('neither the user nor staff'),
)

const PERMISSIONS: { readonly [path: string]: Permission<never> } = {
  'rest_framework.permissions.AllowAny': allowAny,
  'rest_framework.permissions.IsAdminUser': isStaff,
  'rest_framework.permissions.IsAuthenticated': isAuthenticated,
  'djoser.permissions.CurrentUserOrAdminOrReadOnly': anyOf(
    isReadOnly,
    isSelfOrStaff as never,
  ) as never,
}

/** Values of other settings that the recordings of Djoser have. */
export const VALUES_OF_DJOSER: { readonly [setting: string]: readonly unknown[] } = {
  // Links live for a minute at least.
  'SETTINGS.PASSWORD_RESET_TIMEOUT': [1],
  // Links lead to the option `url`.
  'SETTINGS.DOMAIN': ['site.example.test'],
  'SETTINGS.SITE_NAME': ['The Site'],
  // Passwords are always checked.
  'SETTINGS.AUTH_PASSWORD_VALIDATORS': [[]],
}

/** The pages of the recorded project. An address is changed by the link of an activation. */
const LINKS = {
  activate: 'https://app.example.test/activate/{uid}/{token}',
  verify: 'https://app.example.test/activate/{uid}/{token}',
  changeEmail: 'https://app.example.test/activate/{uid}/{token}',
  resetPassword: 'https://app.example.test/password/reset/confirm/{uid}/{token}',
  resetUsername: 'https://app.example.test/username/reset/confirm/{uid}/{token}',
  resetEmail: 'https://app.example.test/username/reset/confirm/{uid}/{token}',
}

function open(settings: JsonObject, { config, paths }: NeighbourTerms): OpenNeighbour {
  const translated = Object.entries(settings).map(
    ([name, value]) => SETTINGS[name]?.(value as never) ?? {},
  )
  const options: DjoserOptions = Object.assign(
    {},
    ...translated.map((each) => each.djoser),
  )
  const accounts: AccountOptions = Object.assign(
    { requireActivation: false, passwordChangeRevokes: 'none', links: LINKS },
    hasBriefLinks(config) && { lifetimes: { resetPassword: '1m', activate: '1m' } },
    ...translated.map((each) => each.accounts),
  )
  const mails: Mail[] = []
  return {
    schemes: {},
    mails,
    options: {
      presets: [djoser(options)],
      accounts,
      url: 'https://app.example.test',
      mail: { transport: (mail) => void mails.push(mail), name: 'The App' },
      // The recorded server has none.
      codes: { resendAfter: 0, perTarget: null },
      endpoints: { signUp: false },
      users: {
        ...(settings.LOGIN_FIELD === 'email' && { loginField: 'email' as const }),
        // In Django the signal of this endpoint sets it, whatever `UPDATE_LAST_LOGIN` says.
        ...(paths.at(-1)?.startsWith('/auth/token/login') && { updateLastLogin: true }),
      },
    },
    views: () => [],
    placeholder: (text, path) =>
      isRandomId(text) && /(^|\.)(id|username)$/.test(path) ? '<hex32>' : undefined,
    /** Who was active has used a link of theirs once. */
    prepare: (db) =>
      void db.exec('update users set email_verified_at = joined_at where active = 1'),
    settle: outboxSent,
  }
}

/** The id of a new user, and the name of one who signs in with an address. */
const isRandomId = (text: string): boolean => /^[\da-f]{32}$/.test(text)

const hasBriefLinks = ({ SETTINGS = {} }: RecordedConfig): boolean =>
  'PASSWORD_RESET_TIMEOUT' in SETTINGS

export const djoserNeighbour: Neighbour = {
  name: 'djoser',
  section: 'DJOSER',
  settings: Object.keys(SETTINGS),
  authenticators: [],
  isIn: (
    config: { readonly DJOSER?: object; readonly NEIGHBOURS?: readonly string[] },
    paths,
  ) =>
    config.DJOSER !== undefined ||
    // drfpasswordless has paths there, too.
    (config.NEIGHBOURS?.includes('passwordless') !== true &&
      paths.some((path) => path.startsWith('/auth/'))),
  open,
  effect: 'djoser',
  rows: () => new Map(),
  changesOfOurs: (changes) => changes,
}
