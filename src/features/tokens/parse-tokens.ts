import type { KeyObject } from 'node:crypto'
import { days, type Seconds, seconds } from '../../base/clock.ts'
import { configError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { listIf } from '../../base/optional.ts'
import { Secret } from '../../base/secret.ts'
import type { HmacAlgorithm } from '../../jwt/algorithms.ts'
import type { Algorithm } from '../../jwt/index.ts'
import {
  type ConfiguredKeys,
  DEFAULT_ALGORITHM,
  parseConfiguredKeys,
} from '../../keys/configured-keys.ts'
import { refreshAlgorithmOf } from '../../keys/refresh-algorithm.ts'
import {
  lifetimesOf,
  namesUserByField,
  refreshLifetimesOf,
  type TokenKind,
  type TokenSettings,
} from '../../tokens/token-settings.ts'
import { HOUR, type ParsedTokenOptions } from './options.ts'

/** The option `tokens` without its key material, which goes no further than `keys` and `sharedSecret`. */
export type TokensSettings = Omit<
  ParsedTokenOptions,
  | 'signingKey'
  | 'passphrase'
  | 'verifyingKey'
  | 'jwksUrl'
  | 'allowWeakKeys'
  | 'algorithm'
  | 'refreshAlgorithm'
  | 'rotateKeys'
> &
  TokenSettings & { readonly lostAnswer: Seconds }

export interface KeySettings {
  /** `undefined`: the instance generates its keys. */
  readonly configured: ConfiguredKeys | undefined
  readonly algorithm: Algorithm | undefined
  /** Of refresh tokens, if the keys are generated; `undefined`: they are signed as access tokens are. */
  readonly refreshAlgorithm: HmacAlgorithm | undefined
  /** How long a generated key signs; false: until `keys.rotate()`. */
  readonly rotateKeys: Seconds | false
  /** The longest lifetime of a token, with the leeway. */
  readonly longestLifetime: Seconds
}

export interface TokensAndKeys {
  readonly tokens: TokensSettings
  readonly keys: KeySettings
  /** The signing key, if it is a secret: other secrets can be derived from it. */
  readonly sharedSecret: Secret | undefined
}

/** The rules of the option `users` that are checked with each token. */
export type AccountRules = Pick<TokenSettings, 'checkActive' | 'rule' | 'ruleOnRequest'>

export interface ParseTokensDeps {
  readonly rules: AccountRules
  /** Tokens that features issue. */
  readonly kinds: readonly TokenKind[]
  readonly log: Log
}

/** @throws AuthError `invalid_config` if options contradict each other or a key cannot be used */
export function parseTokens(
  options: ParsedTokenOptions,
  { rules, kinds, log }: ParseTokensDeps,
): TokensAndKeys {
  refuseUndefined(options)
  const { signingKey, passphrase, verifyingKey, jwksUrl, allowWeakKeys, ...rest } =
    options
  const keyOptions = { signingKey, passphrase, verifyingKey, jwksUrl, allowWeakKeys }
  const { algorithm, refreshAlgorithm: _, rotateKeys, ...own } = rest
  const tokens: TokensSettings = { ...own, ...rules, kinds, ...defaultsOf(own) }
  refuseContradictions(tokens)
  const refreshAlgorithm = chosenRefreshAlgorithm(options)
  const configured = parseConfiguredKeys(
    { ...keyOptions, algorithm, refreshAlgorithm },
    log,
  )
  const ofKinds = [...lifetimesOf(kinds), ...refreshLifetimesOf(kinds)]
  const longest = seconds(Math.max(tokens.access, tokens.refresh, ...ofKinds))
  if (rotateKeys) checkRotation(rotateKeys, longest, configured)
  return {
    tokens,
    keys: {
      configured,
      algorithm,
      refreshAlgorithm,
      rotateKeys: rotateKeys ?? days(90),
      longestLifetime: seconds(longest + tokens.leeway),
    },
    sharedSecret: sharedSecretOf(algorithm, signingKey),
  }
}

/** The options whose defaults depend on others. */
const defaultsOf = (own: Omit<ParsedTokenOptions, 'allowWeakKeys'>) => ({
  headerName: own.headerName.toLowerCase(),
  session: own.session ?? (Math.max(days(30), own.refresh) as Seconds),
  lostAnswer: own.lostAnswer ?? defaultLostAnswer(own),
  rotate: own.rotate ?? own.sessions,
  blacklistAfterRotation:
    own.blacklistAfterRotation ?? (own.sessions || own.rotate === true),
})

const chosenRefreshAlgorithm = (options: ParsedTokenOptions): HmacAlgorithm | undefined =>
  refreshAlgorithmOf({
    algorithm: options.algorithm ?? DEFAULT_ALGORITHM,
    refreshAlgorithm: options.refreshAlgorithm,
    keys: sourceOfKeys(options),
  })

function sourceOfKeys({ signingKey, verifyingKey, jwksUrl }: ParsedTokenOptions) {
  if (signingKey !== undefined) return 'given'
  if (verifyingKey ?? jwksUrl) return 'elsewhere'
  return 'generated'
}

/** Off by default if `overlap` is 0, or if reuse does not revoke the session: a thief's late use would then go unnoticed. */
export function defaultLostAnswer({
  access,
  overlap,
  reuse,
}: Pick<ParsedTokenOptions, 'access' | 'overlap' | 'reuse'>): Seconds {
  if (overlap === 0 || reuse === 'reject') return seconds(0)
  return seconds(Math.min(access, HOUR))
}

function sharedSecretOf(
  algorithm: Algorithm | undefined,
  signingKey: string | KeyObject | undefined,
): Secret | undefined {
  if (signingKey === undefined || !algorithm?.startsWith('HS')) return undefined
  // A `KeyObject` of another type was refused before.
  return new Secret(
    typeof signingKey === 'string' ? signingKey : signingKey.export().toString('base64'),
  )
}

/** A variable that is not set would otherwise silently mean generated keys. @throws AuthError `invalid_config` */
function refuseUndefined(options: ParsedTokenOptions): void {
  for (const name of ['signingKey', 'verifyingKey', 'jwksUrl'] as const) {
    if (name in options && options[name] === undefined)
      throw configError(
        `tokens.${name} is undefined, and must be a value or left out. Set the variable from which it is read, or remove the option.`,
      )
  }
}

/** @throws AuthError `invalid_config` */
function refuseContradictions(tokens: TokensSettings): void {
  if (!tokens.sessions && tokens.blacklistAfterRotation && tokens.rotate)
    throw configError(
      'tokens.blacklistAfterRotation needs tokens.sessions, where exchanged tokens are recorded: set tokens.sessions to true, or tokens.blacklistAfterRotation to false.',
    )
  if (!tokens.sessions && tokens.transport === 'cookie')
    throw configError(
      'tokens.transport: "cookie" needs tokens.sessions, to which CSRF tokens are bound: set tokens.sessions to true, or tokens.transport to "body".',
    )
  if (tokens.refresh <= tokens.access)
    throw configError(
      'tokens.refresh must be longer than tokens.access: change one of them.',
    )
  if (tokens.session < tokens.refresh)
    throw configError(
      'tokens.session must be at least as long as tokens.refresh: change one of them.',
    )
  if (tokens.lostAnswer > 0 && tokens.reuse === 'reject')
    throw configError(
      'tokens.lostAnswer requires tokens.reuse to be "revoke": otherwise the late use of a stolen token revokes nothing. Set tokens.lostAnswer to 0, or remove tokens.reuse.',
    )
  if (hasEqualClaims(tokens))
    throw configError(
      'The names of claims must differ from each other and from exp, iat, sid, gen, ww_uid, aud and iss: change one of tokens.userIdClaim, tokens.typeClaim, tokens.jtiClaim, tokens.revokeClaimName and slidingTokens.refreshClaim.',
    )
}

function hasEqualClaims(tokens: TokensSettings): boolean {
  const { userIdClaim, typeClaim, jtiClaim, revokeClaimName, kinds } = tokens
  const own = [userIdClaim, typeClaim, jtiClaim, revokeClaimName]
  const ofKinds = kinds.flatMap(({ claims }) => claims)
  const ours = ['sid', 'gen', ...listIf(namesUserByField(tokens), 'ww_uid')]
  const all = [...own, ...ofKinds, ...ours, 'exp', 'iat', 'aud', 'iss']
  return new Set(all).size !== all.length
}

/** How many retired keys are published at most. */
const MAX_RETIRED = 50

/** @throws AuthError `invalid_config` */
function checkRotation(
  rotateKeys: Seconds,
  lifetime: Seconds,
  configured: ConfiguredKeys | undefined,
): void {
  if (configured !== undefined)
    throw configError(
      'tokens.rotateKeys is only for generated keys. Leave it out, or leave tokens.signingKey out.',
    )
  if (rotateKeys * MAX_RETIRED < lifetime)
    throw configError(
      `tokens.rotateKeys must be ${Math.ceil(lifetime / MAX_RETIRED)} seconds or more: each key is published until its last token has expired, and at most ${MAX_RETIRED} can be.`,
    )
}

/** Warnings about options that are allowed but may not be intended. */
export function warningsOf(tokens: TokensSettings): readonly string[] {
  if (!tokens.sessions)
    return ['tokens.sessions is false: tokens cannot be revoked before they expire']
  if (tokens.rotate && !tokens.blacklistAfterRotation)
    return [
      'tokens.blacklistAfterRotation is false: every spent refresh token works until it expires',
    ]
  return []
}
