import * as z from 'zod/mini'
import type { Scheme } from '../authentication/scheme.ts'
import { type Clock, days, type Seconds } from '../base/clock.ts'
import { configError } from '../base/errors.ts'
import { once } from '../base/lazy.ts'
import { type Log, type LogEntry, logLine, safeLog } from '../base/log.ts'
import { type Random, systemRandom } from '../base/random.ts'
import type { Secret } from '../base/secret.ts'
import { type Exposure, exposureOf } from '../features/browsable-api/exposure.ts'
import { browsableApiOptions } from '../features/browsable-api/options.ts'
import type { DescribedOption, SectionReader } from '../features/core.ts'
import {
  parseTokens,
  type TokensAndKeys,
  warningsOf,
} from '../features/tokens/parse-tokens.ts'
import { FEATURE_LIST, FEATURE_SECTIONS } from '../features.ts'
import { clientAddressBehind } from '../http/client-address-of.ts'
import type { AuthRequest } from '../http/request.ts'
import { defaultHashesAtOnce } from '../passwords/concurrency.ts'
import { isAuthenticated } from '../permissions/basic-permissions.ts'
import { type Permission, requiresSignIn } from '../permissions/permission.ts'
import type { Roles } from '../permissions/rights.ts'
import { messageFor } from '../schema/message.ts'
import {
  absolutePath,
  duration,
  functionOf,
  name,
  oneOrMore,
  wholeNumber,
  withDefault,
} from '../schema/shapes.ts'
import { parseRedis, type RedisAddress } from '../stores/redis/address.ts'
import type { Limit } from '../throttling/rate.ts'
import { rate } from '../throttling/rate-option.ts'
import type { TokenCookies } from '../tokens/token-cookies.ts'
import type { UserFields } from '../users/fields.ts'
import { describedOptions } from './described-options.ts'
import { endpointOptions } from './endpoint-options.ts'
import { sectionReader } from './feature-section.ts'
import { type Hooks, hookOptions } from './hook-options.ts'
import { knownOptions } from './known-options.ts'
import { type MountedEndpoint, mountedEndpoints } from './mounted-endpoints.ts'
import { optionFault } from './option-fault.ts'
import type { CoreOptions } from './options.ts'
import { presetOptions } from './preset-options.ts'
import { parsePublicUrl } from './public-url.ts'
import { defaultSchemes, schemeOptions } from './scheme-options.ts'
import { parseSecret, secretsIn } from './secrets.ts'
import { parseTokenCookies } from './token-cookies.ts'
import { userFieldOptions, userOptions } from './user-options.ts'

type AnyPermission = Permission<unknown, unknown, string>

const DATABASE_MESSAGE = 'must be a file, "sqlite::memory:" or "postgres://…"'

const PERMISSIONS_MESSAGE =
  'must be a permission such as isAuthenticated, or a list of them'

const rateName = name.check(
  z.refine(
    (text) => !/^(login|code)_/.test(text),
    'begins with "login_" or "code_", which are reserved for the limits of sign-ins and one-time codes: choose another name',
  ),
)

const CORE = {
  url: z.optional(z.string()),
  database: z.optional(
    z.string(DATABASE_MESSAGE).check(z.minLength(1, DATABASE_MESSAGE)),
  ),
  secret: z.optional(oneOrMore(z.string())),
  path: withDefault(absolutePath, '/api/token'),
  user: userFieldOptions,
  users: userOptions,
  endpoints: endpointOptions,
  authentication: schemeOptions,
  presets: presetOptions,
  roles: withDefault(z.record(name, z.array(name)), {}),
  permissions: withDefault(
    oneOrMore(functionOf<AnyPermission>(), PERMISSIONS_MESSAGE).check(
      z.refine(
        requiresSignIn,
        'must require an authenticated user: put isAuthenticated first, and give allowAny to the guards of public routes',
      ),
    ),
    () => [isAuthenticated],
  ),
  throttle: withDefault(z.record(rateName, rate), {}),
  redis: z.optional(oneOrMore(z.string())),
  counts: z.optional(z.enum(['memory', 'store', 'redis'])),
  hashesAtOnce: withDefault(wholeNumber(1, 1024), () => defaultHashesAtOnce()),
  proxies: withDefault(
    z.union(
      [wholeNumber(0, 16), z.null()],
      'must be a whole number from 0 to 16, or null',
    ),
    0,
  ),
  explain: withDefault(z.boolean(), false),
  telemetry: withDefault(z.boolean(), false),
  audit: withDefault(
    z.union(
      [z.boolean(), z.strictObject({ keep: duration(days(1), days(3660)) })],
      'must be true, false, or { keep } with a duration from 1 to 3660 days',
    ),
    true,
  ),
  on: hookOptions,
  clock: z.optional(functionOf<Clock>()),
  random: withDefault(functionOf<Random>(), () => systemRandom),
  log: z.optional(functionOf<(entry: LogEntry) => void>()),
} satisfies Record<keyof CoreOptions, z.ZodMiniType>

const SCHEMA = z.strictObject({ ...CORE, ...FEATURE_SECTIONS })

/** The paths of all options, for messages and for the documentation. */
export const optionPaths = once((): readonly string[] => knownOptions(SCHEMA))

/** The options, parsed: complete, each in its section. */
export interface Settings extends TokensAndKeys {
  /** The sections of the options that features declare. */
  readonly section: SectionReader
  /** The public address, without a slash at its end. */
  readonly url: string | undefined
  readonly database: string
  /** Empty: the instance generates one and keeps it beside the database. */
  readonly secrets: readonly Secret[]
  readonly user: UserFields
  readonly users: z.output<typeof userOptions>
  readonly endpoints: readonly MountedEndpoint[]
  readonly authentication: readonly Scheme<unknown>[]
  readonly roles: Roles
  /** All must grant. */
  readonly permissions: readonly AnyPermission[]
  readonly throttle: Readonly<Record<string, Limit | null>>
  readonly redis: RedisAddress | undefined
  readonly counts: 'memory' | 'store' | 'redis'
  readonly hashesAtOnce: number
  /** The client's address, behind the trusted proxies. */
  readonly addressOf: (request: AuthRequest) => string
  /** Whether a trusted proxy in front may name a request's id. */
  readonly behindProxy: boolean
  readonly explain: boolean
  /** `undefined`: the browsable API is off. */
  readonly exposure: Exposure | undefined
  /** A proxy in front, or `NODE_ENV=production`. */
  readonly isProduction: boolean
  readonly telemetry: boolean
  /** `undefined` unless `tokens.transport` is `cookie`. */
  readonly tokenCookies: TokenCookies | undefined
  /** `undefined`: the audit log is off. */
  readonly audit: { readonly keep: Seconds } | undefined
  readonly on: Hooks
  /** `undefined`: the database's clock, or the machine's. */
  readonly clock?: Clock | undefined
  readonly random: Random
  readonly log: Log
  /** The options in words, without secrets. */
  readonly describeOptions: () => readonly DescribedOption[]
}

type Environment = Readonly<Record<string, string | undefined>>

/** @throws AuthError `invalid_config`: its message names the option, what was expected and what to write */
export function parseSettings(options: unknown, env: Environment): Settings {
  const parsed = parseOptions(options)
  const { database, secret, path, endpoints, proxies, audit, tokens, presets, ...rest } =
    parsed
  const log = safeLog(rest.log ?? logLine)
  const section = sectionReader(parsed)
  const kinds = FEATURE_LIST.flatMap((feature) => feature.tokens?.(section) ?? [])
  const url = parsePublicUrl(rest.url ?? (env.WATCHWORD_URL || undefined))
  const issuing = withApplications(
    parseTokens(tokens, { rules: rest.users, kinds, log }),
    url,
  )
  for (const event of warningsOf(issuing.tokens)) log({ level: 'warn', event })
  const redis = parseRedisOption(rest.redis, rest.counts, env)
  const authentication = rest.authentication ?? defaultSchemes(tokens.transport)
  const behindProxy = proxies !== 0
  const isProduction = behindProxy || env.NODE_ENV === 'production'
  const mounted = mountedEndpoints({
    path,
    endpoints,
    sessions: issuing.tokens.sessions,
    signs: issuesTokens(issuing),
    authentication,
    presets,
    section,
  })
  return {
    ...rest,
    ...issuing,
    section,
    authentication,
    tokenCookies: parseTokenCookies(options as object, section, {
      path,
      behindProxy,
      mounted,
    }),
    url,
    database: database ?? env.WATCHWORD_DATABASE ?? 'watchword.db',
    secrets: [secret ?? secretsIn(env)].flat().map(parseSecret),
    endpoints: mounted,
    permissions: [rest.permissions].flat(),
    redis,
    counts: rest.counts ?? (redis === undefined ? 'memory' : 'redis'),
    addressOf: clientAddressBehind(proxies, log),
    behindProxy,
    exposure: exposureOf(section(browsableApiOptions), { isProduction, log }),
    isProduction,
    audit: parseAudit(audit),
    log,
    describeOptions: () =>
      describedOptions({ paths: optionPaths(), options: options as object, parsed, env }),
  }
}

/** What tokens of applications must name, if there are some. */
function withApplications(
  { tokens, ...issuing }: TokensAndKeys,
  url: string | undefined,
): TokensAndKeys {
  const issuer = tokens.issuer ?? url
  const isOn = tokens.kinds.some(({ isForApplications = false }) => isForApplications)
  if (!isOn || issuer === undefined) return { ...issuing, tokens }
  const audiences = [tokens.audience ?? issuer].flat()
  const resources = tokens.kinds.flatMap((kind) => kind.resources ?? [])
  const applications = { issuer, audiences, resources }
  return { ...issuing, tokens: { ...tokens, applications } }
}

function parseOptions(options: unknown): z.output<typeof SCHEMA> {
  // Parsed once: a parser that is generated and compiled first takes longer.
  const parsed = SCHEMA.safeParse(options, { error: messageFor, jitless: true })
  if (parsed.success) return parsed.data
  const [first] = parsed.error.issues
  if (first === undefined) throw configError('The options must be an object.')
  throw configError(optionFault(first, optionPaths()))
}

const issuesTokens = ({ keys: { configured } }: TokensAndKeys): boolean =>
  configured === undefined || configured.signing !== undefined

function parseRedisOption(
  option: string | readonly string[] | undefined,
  counts: CoreOptions['counts'],
  env: Environment,
): RedisAddress | undefined {
  const urls = option ?? (env.WATCHWORD_REDIS || undefined)
  if (urls !== undefined) return parseRedis(urls)
  if (counts === 'redis')
    throw configError(
      'counts: "redis" needs the option "redis" (WATCHWORD_REDIS): set it to "redis://…", or choose "memory" or "store".',
    )
  return undefined
}

const DEFAULT_AUDIT = { keep: days(90) }

function parseAudit(audit: boolean | { readonly keep: Seconds }): Settings['audit'] {
  if (typeof audit === 'object') return audit
  if (!audit) return undefined
  return DEFAULT_AUDIT
}
