import type { SlidingTokenOptions } from '../../src/features/sliding-tokens/options.ts'
import {
  importSecret,
  importSigningKey,
  importVerifyingKey,
  KeySet,
} from '../../src/jwt/index.ts'
import type { Options, TokenOptions } from '../../src/settings/options.ts'
import { testInstance } from '../../src/testing/index.ts'
import type { Attack, Jwk } from './corpus.ts'
import { type Judged, leaks, outcomeFaults, outcomeOfAsync } from './verdict.ts'

type Setting = Attack<'config'>['setting']

/** Options of `tokens`, by the corpus's names. */
const OF_TOKENS: { readonly [name: string]: keyof TokenOptions } = {
  algorithm: 'algorithm',
  secret: 'signingKey',
  accessTokenLifetime: 'access',
  refreshTokenLifetime: 'refresh',
  rotateRefreshTokens: 'rotate',
  blacklistAfterRotation: 'blacklistAfterRotation',
  leeway: 'leeway',
  maxTokenBytes: 'maxBytes',
  issuer: 'issuer',
  audience: 'audience',
}

/** Options of `slidingTokens`. */
const OF_SLIDING_TOKENS: { readonly [name: string]: keyof SlidingTokenOptions } = {
  slidingTokenLifetime: 'lifetime',
  slidingTokenRefreshLifetime: 'refreshLifetime',
}

/** The import of a key has its own error code for a wrong configuration. */
const ALIAS = { invalid_key: 'invalid_config' }

/** Starts an instance with a setting, up to its first answer. An unknown option is always rejected. */
export async function judgeConfig(attack: Attack<'config'>): Promise<Judged> {
  const { id, kind, reason, setting, expect } = attack
  const unknown = Object.keys(setting).find((name) => !isKnown(name))
  if (unknown !== undefined && expect === 'accept')
    return { id, kind, feature: `the option ${unknown}` }
  const outcome = await outcomeOfAsync(() => configure(setting))
  const isLeaked = (secret: string): boolean =>
    outcome.kind === 'refused' && leaks(outcome.error, secret)
  const faults = [
    ...outcomeFaults(outcome, attack, ALIAS),
    ...(secretsOf(setting).some(isLeaked) ? ['leaks the value of the setting'] : []),
  ]
  return { id, kind, reason, faults }
}

const isKnown = (name: string): boolean =>
  name in OF_TOKENS ||
  name in OF_SLIDING_TOKENS ||
  ['algorithms', 'jwk', 'purpose', 'secretB64u', 'tokenStore'].includes(name)

async function configure({ algorithms, ...setting }: Setting): Promise<void> {
  if (algorithms === undefined) return configureOne(setting)
  if (!Array.isArray(algorithms)) throw new Error('algorithms is no list')
  // An instance has one algorithm: each of a list is configured by itself, and none of an empty list.
  if (algorithms.length === 0) return configureOne({ ...setting, algorithm: algorithms })
  for (const algorithm of algorithms) await configureOne({ ...setting, algorithm })
  if (setting.jwk !== undefined)
    new KeySet(algorithms.map((alg) => importVerifyingKey(alg, setting.jwk as Jwk)))
}

async function configureOne({
  jwk,
  purpose,
  secretB64u,
  tokenStore,
  ...setting
}: Setting): Promise<void> {
  const algorithm = setting.algorithm as 'RS256'
  if (typeof secretB64u === 'string') {
    importSecret(algorithm, Buffer.from(secretB64u, 'base64url'))
  } else if (jwk !== undefined) {
    const key = jwk as Jwk
    if (purpose === 'sign') importSigningKey(algorithm, key)
    else importVerifyingKey(algorithm, key)
  } else {
    await start(
      optionsOf({ ...setting, ...(tokenStore === undefined ? {} : { tokenStore }) }),
    )
  }
}

function optionsOf({ tokenStore, ...setting }: Setting): Options {
  const tokens: Record<string, unknown> = {}
  const slidingTokens: Record<string, unknown> = {}
  const rest: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(setting)) {
    const [ofTokens, ofSliding] = [OF_TOKENS[name], OF_SLIDING_TOKENS[name]]
    if (ofTokens !== undefined) tokens[ofTokens] = value
    else if (ofSliding !== undefined) slidingTokens[ofSliding] = value
    else rest[name] = value
  }
  if (tokenStore === null) tokens.sessions = false
  return { ...rest, tokens, slidingTokens }
}

/** Starts an instance in memory. */
async function start(options: Options): Promise<void> {
  await using instance = testInstance(options)
  await instance.auth.migrate()
}

/** Values that must not leak, in every encoding. Short ones such as "secret" also occur in our messages. */
function secretsOf({ secret, secretB64u }: Setting): string[] {
  const bytes =
    typeof secretB64u === 'string' ? Buffer.from(secretB64u, 'base64url') : undefined
  const spellings = bytes && [
    String(secretB64u),
    bytes.toString('hex'),
    bytes.toString('base64'),
    bytes.toString('latin1'),
  ]
  return [...(typeof secret === 'string' ? [secret] : []), ...(spellings ?? [])].map(
    (text) => (text.length < 10 ? `"${text}"` : text),
  )
}
