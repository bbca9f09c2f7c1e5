import * as z from 'zod/mini'
import { absolutePath, switchedSection, withDefault } from '../../schema/shapes.ts'
import type { TokenKind } from '../../tokens/token-settings.ts'
import type { SectionReader } from '../core.ts'
import {
  type BackchannelOptions,
  type BackchannelSettings,
  backchannelOptions,
} from './backchannel/backchannel-options.ts'
import {
  type ClientKeysOptions,
  type ClientKeysSettings,
  clientKeysOptions,
} from './client-keys/client-keys-options.ts'
import {
  type DeviceOptions,
  type DeviceSettings,
  deviceOptions,
} from './device/device-options.ts'
import {
  type ImplicitOptions,
  type ImplicitSettings,
  implicitOptions,
} from './implicit/implicit-options.ts'
import {
  type LifetimeOptions,
  type LifetimeSettings,
  lifetimeOptions,
} from './lifetime-options.ts'
import {
  type PairwiseOptions,
  type PairwiseSettings,
  pairwiseOptions,
} from './pairwise/pairwise-options.ts'
import { type ParOptions, type ParSettings, parOptions } from './par/par-options.ts'
import {
  type ResourceOptions,
  type ResourceSettings,
  resourceOptions,
} from './protected-resource/resource-options.ts'
import {
  type RegistrationOptions,
  type RegistrationSettings,
  registrationOptions,
} from './registration/registration-options.ts'
import { isResource, isScope } from './scope.ts'

/** The option `oauth`. */
export interface OAuthOptions
  extends LifetimeOptions,
    DeviceOptions,
    ImplicitOptions,
    ParOptions,
    PairwiseOptions,
    ResourceOptions,
    RegistrationOptions,
    ClientKeysOptions,
    BackchannelOptions {
  /**
   * The scopes that applications may ask for, and the descriptions that users read on the consent page: `{ "posts:read": "Read your posts" }`.
   * `openid`, `profile`, `email`, `phone` and `offline_access` are known without it.
   *
   * @default {}
   * @django SCOPES
   */
  readonly scopes?: Readonly<Record<string, string>>
  /**
   * Services besides the instance for which applications may get tokens (RFC 8707), such as `"https://api.example.com"`.
   *
   * @default []
   */
  readonly resources?: readonly string[]
  /**
   * The path of the page that asks users for their consent.
   *
   * @default "/oauth/authorize"
   */
  readonly authorizePath?: `/${string}`
}

/** The option `oauth`, parsed. */
export interface OAuthSettings
  extends LifetimeSettings,
    DeviceSettings,
    ImplicitSettings,
    ParSettings,
    PairwiseSettings,
    ResourceSettings,
    RegistrationSettings,
    ClientKeysSettings,
    BackchannelSettings {
  readonly scopes: Readonly<Record<string, string>>
  readonly resources: readonly string[]
  readonly authorizePath: string
}

const scopeTable = () =>
  z.record(
    z
      .string()
      .check(
        z.refine(
          isScope,
          'must be a scope without spaces and quotes, such as "posts:read"',
        ),
      ),
    z
      .string()
      .check(
        z.minLength(1, 'must be a description for users, such as "Read your posts"'),
      ),
  )

const resource = () =>
  z
    .string()
    .check(
      z.refine(
        isResource,
        'must be an absolute URL without "#", such as "https://api.example.com"',
      ),
    )

/** The members of each concept are in a file of their own: its options, its settings, and their schemas. */
const members = () =>
  ({
    scopes: withDefault(scopeTable(), {}),
    resources: withDefault(z.array(resource()), []),
    authorizePath: withDefault(absolutePath, '/oauth/authorize'),
    ...lifetimeOptions(),
    ...deviceOptions(),
    ...implicitOptions(),
    ...parOptions(),
    ...pairwiseOptions(),
    ...resourceOptions(),
    ...registrationOptions(),
    ...clientKeysOptions(),
    ...backchannelOptions(),
  }) satisfies Record<keyof OAuthOptions, z.ZodMiniType>

export const oauthOptions: z.ZodMiniType<
  OAuthSettings | undefined,
  boolean | OAuthOptions | undefined
> = switchedSection<OAuthOptions>()(
  members,
  'must be true, false or an object such as { scopes: { "posts:read": "Read your posts" } }',
)

/** The path beside that of the consent page: `/oauth/logout`. */
export const logoutPath = (authorizePath: string): string =>
  authorizePath.replace(/[^/]*\/?$/, 'logout')

/** Where users disconnect an application, below the path of the pages of accounts. */
export const DISCONNECT_PATH = '/applications/:id/disconnect/'

export const hasOAuth = (section: SectionReader): boolean =>
  section(oauthOptions) !== undefined

/** The tokens of applications; `undefined` if the option is off. */
export function applicationTokens(section: SectionReader): TokenKind | undefined {
  const settings = section(oauthOptions)
  if (settings === undefined) return undefined
  const { access: lifetime, refresh } = settings
  return {
    lifetime,
    refresh,
    claims: ['client_id', 'client_sid'],
    isForApplications: true,
    resources: Object.keys(settings.protectedResources),
    // Tokens of other issuers are never of this kind.
    endOf: () => 0,
  }
}
