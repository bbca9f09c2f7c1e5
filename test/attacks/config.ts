import {
  importSecret,
  importSigningKey,
  importVerifyingKey,
  KeySet,
} from '../../src/jwt/index.ts'
import type { Options, TokenOptions } from '../../src/options.ts'
import { watchword } from '../../src/watchword.ts'
import type { Attack, Jwk } from './corpus.ts'
import { type Judged, outcomeFaults, outcomeOfAsync, tells } from './verdict.ts'

type Setting = Attack<'config'>['setting']

/** The corpus's names of settings of tokens, in ours. */
const OURS: { readonly [name: string]: keyof TokenOptions } = {
  algorithm: 'algorithm',
  secret: 'signingKey',
  accessTokenLifetime: 'access',
  refreshTokenLifetime: 'refresh',
  slidingTokenLifetime: 'sliding',
  slidingTokenRefreshLifetime: 'slidingRefresh',
  rotateRefreshTokens: 'rotate',
  blacklistAfterRotation: 'blacklistAfterRotation',
  leeway: 'leeway',
  maxTokenBytes: 'maxBytes',
  issuer: 'issuer',
  audience: 'audience',
}

/** The key import has its own word for a configuration that cannot be. */
const ALIAS = { invalid_key: 'invalid_config' }

/** Starts with a setting, as far as to a first answer. Settings of options that do not exist yet can only be refused. */
export async function judgeConfig(attack: Attack<'config'>): Promise<Judged> {
  const { id, kind, reason, setting, expect } = attack
  const unknown = Object.keys(setting).find((name) => !isKnown(name))
  if (unknown !== undefined && expect === 'accept')
    return { id, kind, feature: `the option ${unknown}` }
  const outcome = await outcomeOfAsync(() => configure(setting))
  const isTold = (secret: string): boolean =>
    outcome.kind === 'refused' && tells(outcome.error, secret)
  const faults = [
    ...outcomeFaults(outcome, attack, ALIAS),
    ...(secretsOf(setting).some(isTold) ? ['tells the value of the setting'] : []),
  ]
  return { id, kind, reason, faults }
}

const isKnown = (name: string): boolean =>
  name in OURS ||
  ['algorithms', 'jwk', 'purpose', 'secretB64u', 'tokenStore'].includes(name)

async function configure({ algorithms, ...setting }: Setting): Promise<void> {
  if (algorithms === undefined) return configureOne(setting)
  if (!Array.isArray(algorithms)) throw new Error('algorithms is no list')
  // An instance has one algorithm, and so has a key: of a list each is configured by itself, of an empty list nothing.
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
  const rest: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(setting)) {
    const ours = OURS[name]
    if (ours === undefined) rest[name] = value
    else tokens[ours] = value
  }
  if (tokenStore === null) tokens.sessions = false
  return { ...rest, tokens }
}

/** A database in memory, and a secret for the keys that are made. */
async function start(options: Options): Promise<void> {
  const auth = watchword({
    database: 'sqlite::memory:',
    secret: 'a secret of the attacks, and long enough',
    ...options,
    log() {},
  })
  try {
    await auth.migrate()
  } finally {
    await auth.close()
  }
}

/** What may not be told, in the spellings it could be told in. Short words such as "secret" are also words of ours. */
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
