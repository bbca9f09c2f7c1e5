import { availableParallelism } from 'node:os'
import { z } from 'zod'
import type { Scheme } from '../authentication/scheme.ts'
import { type Clock, days, type Seconds } from '../base/clock.ts'
import { configError } from '../base/errors.ts'
import { type Log, type LogEntry, logLine, safeLog } from '../base/log.ts'
import { type Random, systemRandom } from '../base/random.ts'
import type { Secret } from '../base/secret.ts'
import type { SectionReader } from '../features/core.ts'
import {
  parseTokens,
  type TokensAndKeys,
  warningsOf,
} from '../features/tokens/parse-tokens.ts'
import { FEATURE_LIST, FEATURE_SECTIONS } from '../features.ts'
import { clientAddressBehind } from '../http/client-address-of.ts'
import type { AuthRequest } from '../http/request.ts'
import { isAuthenticated } from '../permissions/basic-permissions.ts'
import { type Permission, requiresSignIn } from '../permissions/permission.ts'
import type { Roles } from '../permissions/rights.ts'
import { messageFor } from '../schema/message.ts'
import { absolutePath, duration, functionOf, name } from '../schema/shapes.ts'
import { parseRedis, type RedisAddress } from '../stores/redis/address.ts'
import { type Limit, parseRate } from '../throttling/rate.ts'
import { endpointOptions } from './endpoint-options.ts'
import { sectionReader } from './feature-section.ts'
import { type Hooks, hookOptions } from './hook-options.ts'
import { knownOptions } from './known-options.ts'
import { type MountedEndpoint, mountedEndpoints } from './mounted-endpoints.ts'
import { optionFault } from './option-fault.ts'
import type { CoreOptions } from './options.ts'
import { presetOptions } from './preset-options.ts'
import { schemeOptions } from './scheme-options.ts'
import { parseSecret, secretsIn } from './secrets.ts'
import { userOptions } from './user-options.ts'

type AnyPermission = Permission<unknown, unknown, string>

const RATE_MESSAGE =
  'must be null, or a number, "/" and one of s, min, hour, day, such as "100/day"'

const rate = z.unknown().transform((value, context): Limit | null => {
  if (value === null) return null
  try {
    return parseRate(String(value))
  } catch {
    context.addIssue({ code: 'custom', message: RATE_MESSAGE })
    return z.NEVER
  }
})

const rateName = name.refine(
  (text) => !text.startsWith('login_'),
  'begins with "login_", which is reserved for the login throttle: choose another name',
)

const CORE = {
  database: z
    .string('must be a file, "sqlite::memory:" or "postgres://…"')
    .min(1, 'must be a file, "sqlite::memory:" or "postgres://…"')
    .optional(),
  secret: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
  path: absolutePath.default('/api/token'),
  users: userOptions,
  endpoints: endpointOptions,
  authentication: schemeOptions,
  presets: presetOptions,
  roles: z.record(name, z.array(name)).default({}),
  permissions: z
    .union(
      [functionOf<AnyPermission>(), z.array(functionOf<AnyPermission>()).min(1)],
      'must be a permission such as isAuthenticated, or a list of them',
    )
    .refine(
      requiresSignIn,
      'must require an authenticated user: put isAuthenticated first, and give allowAny to the guards of public routes',
    )
    .default(() => [isAuthenticated]),
  throttle: z.record(rateName, rate).default({}),
  redis: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
  counts: z.enum(['memory', 'store', 'redis']).optional(),
  hashesAtOnce: z
    .int()
    .min(1)
    .max(1024)
    .default(() => availableParallelism()),
  proxies: z
    .union(
      [z.int().min(0).max(16), z.null()],
      'must be a whole number from 0 to 16, or null',
    )
    .default(0),
  explain: z.boolean().default(false),
  telemetry: z.boolean().default(false),
  audit: z
    .union(
      [z.boolean(), z.strictObject({ keep: duration(days(1), days(3660)) })],
      'must be true, false, or { keep } with a duration from 1 to 3660 days',
    )
    .default(true),
  on: hookOptions,
  clock: functionOf<Clock>().optional(),
  random: functionOf<Random>().default(() => systemRandom),
  log: functionOf<(entry: LogEntry) => void>().optional(),
} satisfies Record<keyof CoreOptions, z.ZodType>

const SCHEMA = z.strictObject({ ...CORE, ...FEATURE_SECTIONS })

/** The paths of all options, for messages and for the documentation. */
export const OPTION_PATHS: readonly string[] = knownOptions(SCHEMA)

/** The options, parsed: complete, each in its section. */
export interface Settings extends TokensAndKeys {
  /** The sections of the options that features declare. */
  readonly section: SectionReader
  readonly database: string
  /** Empty: the instance generates one and keeps it beside the database. */
  readonly secrets: readonly Secret[]
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
  readonly telemetry: boolean
  /** `undefined`: the audit log is off. */
  readonly audit: { readonly keep: Seconds } | undefined
  readonly on: Hooks
  /** `undefined`: the database's clock, or the machine's. */
  readonly clock?: Clock | undefined
  readonly random: Random
  readonly log: Log
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
  const issuing = parseTokens(tokens, { rules: rest.users, kinds, log })
  for (const event of warningsOf(issuing.tokens)) log({ level: 'warn', event })
  const redis = parseRedisOption(rest.redis, rest.counts, env)
  return {
    ...rest,
    ...issuing,
    section,
    database: database ?? env.WATCHWORD_DATABASE ?? 'watchword.db',
    secrets: [secret ?? secretsIn(env)].flat().map(parseSecret),
    endpoints: mountedEndpoints({
      path,
      endpoints,
      sessions: issuing.tokens.sessions,
      signs: issuesTokens(issuing),
      authentication: rest.authentication,
      presets,
    }),
    permissions: [rest.permissions].flat(),
    redis,
    counts: rest.counts ?? (redis === undefined ? 'memory' : 'redis'),
    addressOf: clientAddressBehind(proxies, log),
    behindProxy: proxies !== 0,
    audit: parseAudit(audit),
    log,
  }
}

function parseOptions(options: unknown): z.output<typeof SCHEMA> {
  // Parsed once: a parser that is generated and compiled first takes longer.
  const parsed = SCHEMA.safeParse(options, { error: messageFor, jitless: true })
  if (parsed.success) return parsed.data
  const [first] = parsed.error.issues
  if (first === undefined) throw configError('The options must be an object.')
  throw configError(optionFault(first, OPTION_PATHS))
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
  return audit ? DEFAULT_AUDIT : undefined
}
