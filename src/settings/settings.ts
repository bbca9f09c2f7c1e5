import { availableParallelism } from 'node:os'
import { z } from 'zod'
import { bearer } from '../authentication/bearer.ts'
import type { Scheme } from '../authentication/scheme.ts'
import { type Clock, days, minutes, type Seconds, seconds } from '../base/clock.ts'
import { secondsOf } from '../base/duration.ts'
import { configError } from '../base/errors.ts'
import { type Log, type LogEntry, logLine, safeLog } from '../base/log.ts'
import { systemRandom } from '../base/random.ts'
import { Secret } from '../base/secret.ts'
import { FEATURE_LIST, type InstanceStore } from '../features.ts'
import { clientAddressBehind } from '../http/client-address-of.ts'
import type { AuthRequest } from '../http/request.ts'
import type { KeySettings } from '../instance/open-keys.ts'
import type { OpenTokensSettings } from '../instance/open-tokens.ts'
import { ALGORITHMS, type Algorithm, secretFault } from '../jwt/index.ts'
import { parseConfiguredKeys } from '../keys/configured-keys.ts'
import { isAuthenticated } from '../permissions/basic-permissions.ts'
import { type Permission, requiresSignIn } from '../permissions/permission.ts'
import type { Roles } from '../permissions/rights.ts'
import { parseRedis, type RedisAddress } from '../stores/redis/address.ts'
import { type Limit, parseRate } from '../throttling/rate.ts'
import type { TokenSettings } from '../tokens/token-settings.ts'
import type { User } from '../users/user.ts'
import { DJANGO_NAMES } from './django-names.ts'
import { type MountedEndpoint, mountedEndpoints } from './mounted-endpoints.ts'
import type { EndpointOptions, Handler, Options } from './options.ts'

/** A length of time from `min` to `max`, both included. */
const duration = (min: Seconds, max: Seconds) =>
  z.union([z.string(), z.number()]).transform((value, context): Seconds => {
    const length = secondsOf(value)
    if (length !== undefined && length >= min && length <= max) return length
    context.addIssue({
      code: 'custom',
      message:
        length === undefined
          ? 'is no length of time; write "5m", "12h", "30d" or a number of seconds'
          : `must be from ${min} to ${max} seconds`,
    })
    return z.NEVER
  })

const aFunction = <F>() =>
  z.custom<F>((value) => typeof value === 'function', 'must be a function')
const name = z.string().min(1, 'may not be empty; leave it out for the default')
const path = z.string().regex(/^\/[\w.~/-]*$/, 'must be a path such as "/api/token"')

const issuer = z
  .string()
  .min(1)
  .refine(
    (text) => !text.includes('#') && !text.includes('?'),
    'may hold no "#" and no "?"',
  )
  .refine(
    (text) =>
      !text.startsWith('http://') ||
      /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(\/|$)/.test(text),
    'must begin with https:// (plain http is for loopback addresses)',
  )

const year = days(366)

/** Every setting of tokens, its shape, its default and its bound. A name that is not listed here is refused. */
const Tokens = z.strictObject({
  access: duration(seconds(1), days(1)).default(minutes(5)),
  refresh: duration(seconds(1), year).default(days(1)),
  session: duration(seconds(1), year).optional(),
  overlap: duration(seconds(0), seconds(60)).default(seconds(10)),
  sliding: duration(seconds(1), days(1)).default(minutes(5)),
  slidingRefresh: duration(seconds(1), year).default(days(1)),
  rotate: z.boolean().optional(),
  blacklistAfterRotation: z.boolean().optional(),
  reuse: z.enum(['end', 'reject']).default('end'),
  revocationMaxAge: duration(seconds(0), seconds(300)).default(seconds(30)),
  sessions: z.boolean().default(true),
  adoptForeign: z.boolean().default(false),
  algorithm: z.enum(Object.keys(ALGORITHMS) as [Algorithm, ...Algorithm[]]).optional(),
  rotateKeys: z.union([z.literal(false), duration(seconds(4), year)]).optional(),
  signingKey: z.string().optional(),
  verifyingKey: z.string().optional(),
  jwksUrl: z.url({ protocol: /^https?$/ }).optional(),
  audience: z.union([name, z.array(name).min(1)]).optional(),
  issuer: issuer.optional(),
  leeway: duration(seconds(0), seconds(300)).default(seconds(0)),
  headerTypes: z
    .array(z.string().regex(/^[!#$%&'*+.^_`|~\w-]+$/, 'must be words without blanks'))
    .min(1)
    .default(['Bearer']),
  headerName: z
    .string()
    .regex(/^[!#$%&'*+.^_`|~\w-]+$/, 'must be the name of a header')
    .default('Authorization'),
  userIdField: z.enum(['id', 'username', 'email']).default('id'),
  userIdClaim: name.default('user_id'),
  typeClaim: name.default('token_type'),
  jtiClaim: name.default('jti'),
  slidingRefreshClaim: name.default('refresh_exp'),
  types: z
    .array(z.enum(['access', 'sliding']))
    .min(1)
    .default(['access']),
  checkRevoke: z
    .union([z.literal('session'), z.literal('claim'), z.literal(false)])
    .default('session'),
  revokeClaim: z.enum(['hmac', 'md5']).default('hmac'),
  revokeClaimName: name.default('hash_password'),
  claims: aFunction<(user: User) => object>().optional(),
  copyClaims: z.boolean().default(false),
  encode: aFunction<(value: unknown) => unknown>().optional(),
  verifyIgnoresBlacklist: z.boolean().default(false),
  allowUserlessRefresh: z.boolean().default(false),
  allowWeakKeys: z.boolean().default(false),
  maxBytes: z.int().min(256).max(65_536).default(8192),
})

const UsersShape = z.strictObject({
  loginField: z.enum(['username', 'email']).default('username'),
  rule: aFunction<(user: User | undefined) => boolean>().optional(),
  ruleOnRequest: z.boolean().default(true),
  checkActive: z.boolean().default(true),
  updateLastLogin: z.boolean().default(false),
  trimPassword: z.union([z.boolean(), z.literal('both')]).default('both'),
})

type Asked = Permission<unknown, unknown, string>

const rate = z
  .union([z.string(), z.null()], 'must be a rate such as "100/day", or null')
  .transform((text, context): Limit | null => {
    if (text === null) return null
    try {
      return parseRate(text)
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message })
      return z.NEVER
    }
  })

const ENDPOINT_NAMES = FEATURE_LIST.flatMap(({ endpoints = {} }) =>
  Object.keys(endpoints).filter((name) => endpoints[name]?.mount !== 'always'),
)

const Endpoint = z.union([
  z.boolean(),
  path,
  z.strictObject({ path: path.optional(), handle: aFunction<Handler>().optional() }),
])

const Shape = z.strictObject({
  database: z
    .union([
      z.string().min(1),
      z.custom<InstanceStore>(
        (value) => typeof value === 'object' && value !== null && 'ports' in value,
      ),
    ])
    .optional(),
  secret: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
  path: path.default('/api/token'),
  tokens: Tokens.prefault({}),
  users: UsersShape.prefault({}),
  endpoints: z.partialRecord(z.enum(ENDPOINT_NAMES), Endpoint).default({}),
  authentication: z.array(aFunction<Scheme<unknown>>()).min(1).optional(),
  roles: z.record(name, z.array(name)).default({}),
  permissions: z
    .union([aFunction<Asked>(), z.array(aFunction<Asked>()).min(1)])
    .refine(
      requiresSignIn,
      'must ask for a sign-in: put isAuthenticated first, and let a route for everybody say so itself',
    )
    .default(() => [isAuthenticated]),
  throttle: z
    .record(
      name.refine(
        (it) => !it.startsWith('login_'),
        'is a name that the login throttle has for itself',
      ),
      rate,
    )
    .default({}),
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
    .union([z.boolean(), z.strictObject({ keep: duration(days(1), days(3660)) })])
    .default(true),
  on: z
    .strictObject({
      signedIn: aFunction().optional(),
      signInFailed: aFunction().optional(),
      signedOut: aFunction().optional(),
      reuseDetected: aFunction().optional(),
    })
    .default({}),
  clock: aFunction<Clock>().optional(),
  random: aFunction<NonNullable<Options['random']>>().default(() => systemRandom),
  log: aFunction<(entry: LogEntry) => void>().optional(),
})

/** The options as the house uses them: every one present, each a plain value. */
export interface Settings {
  readonly database: string | InstanceStore
  /** Empty: a secret is made and kept beside the database (development). */
  readonly secrets: readonly Secret[]
  readonly tokens: OpenTokensSettings
  readonly overlap: Seconds
  readonly reuse: 'end' | 'reject'
  /** The age up to which a process believes what it knows of ended sessions. */
  readonly revocationMaxAge: Seconds
  readonly sessions: boolean
  readonly keys: KeySettings
  /** The secret that both sides share, with HS256 and its sisters: others are derived from it where none is given. */
  readonly sharedSecret: Secret | undefined
  readonly headerTypes: readonly string[]
  readonly headerName: string
  readonly users: z.output<typeof UsersShape>
  readonly endpoints: readonly MountedEndpoint[]
  readonly authentication: readonly Scheme<unknown>[]
  readonly roles: Roles
  /** Each must grant. */
  readonly permissions: readonly Permission<unknown, unknown, string>[]
  readonly throttle: Readonly<Record<string, Limit | null>>
  readonly redis: RedisAddress | undefined
  readonly counts: 'memory' | 'store' | 'redis'
  readonly hashesAtOnce: number
  /** The client's address, behind the proxies that are trusted. */
  readonly addressOf: (request: AuthRequest) => string
  readonly explain: boolean
  /** `undefined`: nothing is written down. */
  readonly audit: { readonly keep: Seconds } | undefined
  readonly telemetry: boolean
  /** Whether a proxy in front is believed about what a request is called. */
  readonly behindProxy: boolean
  readonly on: NonNullable<Options['on']>
  /** Where it is not given, the store's, or the machine's. */
  readonly clock: Clock | undefined
  readonly random: NonNullable<Options['random']>
  readonly log: Log
}

/** So many retired keys may be published at a time. */
const RETIRED = 50

type Environment = Readonly<Record<string, string | undefined>>

/** @throws AuthError `invalid_config`, its message one sentence that says what to write instead */
export function parseSettings(options: unknown, env: Environment): Settings {
  const parsed = Shape.safeParse(options)
  if (!parsed.success) throw configError(sentenceOf(parsed.error.issues[0]!))
  const { tokens, users, ...rest } = parsed.data
  // What keys are made of goes no further than this.
  const {
    signingKey,
    verifyingKey,
    jwksUrl,
    allowWeakKeys,
    algorithm,
    rotateKeys,
    ...openly
  } = tokens
  const rotate = tokens.rotate ?? tokens.sessions
  const blacklistAfterRotation =
    tokens.blacklistAfterRotation ?? (tokens.sessions || tokens.rotate === true)
  const session = tokens.session ?? (Math.max(days(30), tokens.refresh) as Seconds)
  refuseImpossible({ ...openly, rotate, blacklistAfterRotation, session })

  const secret = rest.secret ?? secretsIn(env)
  const redisUrl = rest.redis ?? (env.WATCHWORD_REDIS || undefined)
  const redis = redisUrl === undefined ? undefined : parseRedis(redisUrl)
  if (rest.counts === 'redis' && redis === undefined)
    throw configError('counts: "redis" needs the option "redis".')
  const log = safeLog(rest.log ?? logLine)
  const keys = parseConfiguredKeys(
    { algorithm, signingKey, verifyingKey, jwksUrl, allowWeakKeys },
    log,
  )
  if (keys !== undefined && rotateKeys) {
    throw configError(
      'tokens.rotateKeys is for keys that are made here: a key of tokens.signingKey is changed there.',
    )
  }
  const life = Math.max(tokens.access, tokens.refresh, tokens.sliding)
  if (rotateKeys && rotateKeys * RETIRED < life) {
    throw configError(
      `tokens.rotateKeys must be ${Math.ceil(life / RETIRED)} seconds or more: a key is published until the last token that it signed has expired.`,
    )
  }
  const authentication = rest.authentication ?? [bearer()]
  const isShared = algorithm?.startsWith('HS') === true && signingKey !== undefined
  const settings: Settings = {
    database: rest.database ?? env.WATCHWORD_DATABASE ?? 'watchword.db',
    secrets: [secret].flat().map(parseSecret),
    tokens: {
      ...openly,
      session,
      rotate,
      blacklistAfterRotation,
      audience: tokens.audience,
      issuer: tokens.issuer,
      claims: tokens.claims,
      encode: tokens.encode,
      checkActive: users.checkActive,
      rule: users.rule,
      ruleOnRequest: users.ruleOnRequest,
    },
    overlap: tokens.overlap,
    reuse: tokens.reuse,
    revocationMaxAge: tokens.revocationMaxAge,
    sessions: tokens.sessions,
    keys: {
      configured: keys,
      algorithm,
      rotateKeys: rotateKeys ?? days(90),
      longestLife: seconds(life + tokens.leeway),
    },
    sharedSecret: isShared ? new Secret(signingKey) : undefined,
    headerTypes: tokens.headerTypes,
    headerName: tokens.headerName.toLowerCase(),
    users,
    endpoints: mountedEndpoints({
      path: rest.path,
      endpoints: rest.endpoints as EndpointOptions,
      sessions: tokens.sessions,
      signs: keys === undefined || keys.signing !== undefined,
      authentication,
    }),
    authentication,
    roles: rest.roles,
    permissions: [rest.permissions].flat(),
    throttle: rest.throttle,
    redis,
    counts: rest.counts ?? (redis === undefined ? 'memory' : 'redis'),
    hashesAtOnce: rest.hashesAtOnce,
    addressOf: clientAddressBehind(rest.proxies, log),
    explain: rest.explain,
    audit: auditOf(rest.audit),
    telemetry: rest.telemetry,
    behindProxy: rest.proxies !== 0,
    on: rest.on as NonNullable<Options['on']>,
    clock: rest.clock,
    random: rest.random,
    log,
  }
  for (const message of warningsOf(settings)) log({ level: 'warn', event: message })
  return settings
}

/** How long events are kept where nothing is said of it. */
const KEEP = days(90)

const auditOf = (audit: boolean | { readonly keep: Seconds }): Settings['audit'] =>
  typeof audit === 'object' ? audit : audit ? { keep: KEEP } : undefined

type Combined = Omit<
  TokenSettings,
  'checkActive' | 'rule' | 'ruleOnRequest' | 'audience' | 'issuer' | 'claims' | 'encode'
> & {
  readonly sessions: boolean
}

/** Options that are sound each for itself and cannot be together. @throws AuthError `invalid_config` */
function refuseImpossible(terms: Combined): void {
  if (!terms.sessions && terms.blacklistAfterRotation && terms.rotate) {
    throw configError(
      'tokens.blacklistAfterRotation needs tokens.sessions: without a store no spent token can be told from a live one.',
    )
  }
  if (terms.refresh <= terms.access)
    throw configError('tokens.refresh must be longer than tokens.access.')
  if (terms.session < terms.refresh)
    throw configError('tokens.session must be at least as long as tokens.refresh.')
  const own = [
    terms.userIdClaim,
    terms.typeClaim,
    terms.jtiClaim,
    terms.slidingRefreshClaim,
    terms.revokeClaimName,
  ]
  const fixed = ['exp', 'iat', 'sid', 'gen', 'aud', 'iss']
  if (new Set([...own, ...fixed]).size !== own.length + fixed.length) {
    throw configError(
      'tokens.*Claim: two claims cannot have the same name, nor that of exp, iat, sid, gen, aud or iss.',
    )
  }
}

/** What is allowed, and what somebody may not have meant. */
function warningsOf({ sessions, tokens: terms }: Settings): readonly string[] {
  if (!sessions)
    return [
      'tokens.sessions is false: nobody can be signed out before their tokens expire',
    ]
  if (terms.rotate && !terms.blacklistAfterRotation) {
    return [
      'tokens.blacklistAfterRotation is false: every spent refresh token works until it expires',
    ]
  }
  return []
}

/** The secret of today, and those of yesterday, which open what they have sealed and seal nothing more. */
function secretsIn({
  WATCHWORD_SECRET: secret,
  WATCHWORD_OLD_SECRETS: old = '',
}: Environment): readonly string[] {
  const past = old.split(/\s+/).filter((text) => text !== '')
  if (secret === undefined && past.length > 0) {
    throw configError(
      'WATCHWORD_OLD_SECRETS is for what was sealed before: WATCHWORD_SECRET must be there too.',
    )
  }
  return secret === undefined ? [] : [secret, ...past]
}

function parseSecret(text: string): Secret {
  const fault = secretFault(Buffer.from(text), SECRET_OCTETS)
  if (fault !== undefined)
    throw configError(`secret (WATCHWORD_SECRET) cannot be used: it ${fault}.`)
  return new Secret(text)
}

/** As many as the keys have that are derived from it. */
const SECRET_OCTETS = 32

/** One sentence for a person, from the first thing that is wrong. Values are never repeated: one may be a key. */
function sentenceOf(issue: z.core.$ZodIssue): string {
  const where = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') {
    const [unknown = ''] = issue.keys
    const ours = Object.hasOwn(DJANGO_NAMES, unknown) ? DJANGO_NAMES[unknown] : undefined
    const full = [...issue.path, unknown].join('.')
    return ours === undefined
      ? `There is no option "${full}".`
      : `"${unknown}" is written ${ours} here.`
  }
  if (issue.code === 'invalid_value')
    return `${where} must be one of ${issue.values.map((v) => JSON.stringify(v)).join(', ')}.`
  if (issue.code === 'invalid_type')
    return `${where || 'options'} must be a ${issue.expected}.`
  if (issue.code === 'invalid_key') return `${where} ${issue.issues[0]?.message}.`
  if (issue.code === 'invalid_union' && issue.message === 'Invalid input') {
    return `${where} is not of a shape that this option takes.`
  }
  return `${where} ${issue.message}.`
}
