import { AuthError } from '../../../base/errors.ts'
import { claimFault } from '../../../jwt/claims.ts'
import { keyFor } from '../../../jwt/compact.ts'
import type { Claims } from '../../../jwt/json.ts'
import { parseSegment, splitAscii } from '../../../jwt/jws.ts'
import type { VerifyingKey } from '../../../jwt/key.ts'
import { REFRESH_TYP } from '../../../keys/refresh-keys.ts'
import type { Core } from '../../core.ts'
import type { Check } from './explained.ts'
import { lengthOf, momentText } from './words.ts'

/** A token that is well formed. Nothing of it is known to be true. */
export interface ReadJwt {
  readonly header: Claims
  readonly claims: Claims
  readonly signed: string
  readonly signature: string
}

/** @throws AuthError `malformed`, `too_large` */
export function readJwt(token: string, maxBytes: number): ReadJwt {
  const { first, second } = splitAscii(token, maxBytes)
  return {
    header: parseSegment(token.slice(0, first)),
    claims: parseSegment(token.slice(first + 1, second)),
    signed: token.slice(0, second),
    signature: token.slice(second + 1),
  }
}

/** Algorithm, key and signature. */
export async function signatureChecks(
  { header, signed, signature }: ReadJwt,
  core: Core,
): Promise<readonly Check[]> {
  const algorithm = { name: 'Algorithm', option: 'tokens.algorithm' }
  const alg = String(header.alg)
  const key = await keyOf(header, core)
  if (key instanceof AuthError && key.code !== 'unknown_key')
    return [
      {
        ...algorithm,
        holds: false,
        text: `${alg} with this header is not accepted.`,
        advice:
          'The token was made by another service, or by an earlier configuration. Compare "alg" with the algorithm of the keys.',
      },
    ]
  const known = { ...algorithm, holds: true, text: `${alg}, an algorithm of the keys.` }
  if (key instanceof AuthError) return [known, unknownKey(header)]
  return [known, await keyCheck(key, core), signatureCheck(key, signed, signature)]
}

async function keyOf(header: Claims, core: Core): Promise<VerifyingKey | AuthError> {
  const { verifying, refresh } = core.keys
  const isRefresh = header.typ === REFRESH_TYP && refresh.verifying !== undefined
  try {
    return await keyFor(header, isRefresh ? (refresh.verifying ?? verifying) : verifying)
  } catch (error) {
    if (error instanceof AuthError && error.status === 401) return error
    throw error
  }
}

const unknownKey = ({ kid }: Claims): Check => ({
  name: 'Key',
  holds: false,
  text:
    kid === undefined
      ? 'The token names no key.'
      : `There is no key ${JSON.stringify(kid)}.`,
  advice:
    'The key was rotated away and its tokens have expired, the keys were replaced after a leak, or another instance signed the token. The client has to sign in again.',
  option: 'tokens.rotateKeys',
})

async function keyCheck({ kid }: VerifyingKey, core: Core): Promise<Check> {
  const key = (await core.keys.list()).find(({ id }) => id === kid)
  const stage = key === undefined ? 'from the options' : key.stage
  const since = key && `, made ${momentText(key.createdAt)}`
  const text = `${kid ?? 'The only key'}: ${stage}${since ?? ''}.`
  return { name: 'Key', holds: true, text, option: 'tokens.rotateKeys' }
}

function signatureCheck(key: VerifyingKey, signed: string, signature: string): Check {
  const holds = key.verifyText(signed, signature)
  return {
    name: 'Signature',
    holds,
    text: holds ? 'Made by this key.' : 'Not made by this key.',
    advice:
      'The token was changed on its way or cut off, or another instance has a key with the same name. Nothing that it says is proven.',
  }
}

/** Times, issuer and audience: of a token whose signature holds. */
export function claimChecks({ claims }: ReadJwt, core: Core): readonly Check[] {
  return [
    lifetimeCheck(claims, core),
    ...issuerCheck(claims, core),
    ...audienceCheck(claims, core),
  ]
}

function lifetimeCheck(claims: Claims, core: Core): Check {
  const { settings, ahead } = core.tokens
  const now = core.clock()
  const { leeway } = settings
  const expected = { issuer: undefined, audiences: undefined, leeway, ahead }
  const fault =
    claims.exp === undefined ? 'invalid_claim' : claimFault(claims, expected, now)
  const tolerated = `${lengthOf(leeway)} are tolerated (tokens.leeway)`
  const check = { name: 'Lifetime', option: lifetimeOption(claims, core) }
  const exp = Number(claims.exp)
  if (fault === undefined)
    return { ...check, holds: true, text: `Valid for another ${lengthOf(exp - now)}.` }
  if (fault === 'expired')
    return {
      ...check,
      holds: false,
      summary: `the token expired ${lengthOf(now - exp)} ago`,
      text: `Expired ${lengthOf(now - exp)} ago; ${tolerated}.`,
      advice: `It was valid for ${lengthOf(exp - Number(claims.iat))}, until ${momentText(exp)}. If the client refreshes already, compare its clock with the server's.`,
    }
  if (fault === 'not_yet_valid')
    return {
      ...check,
      holds: false,
      text: `Not valid yet: "iat" or "nbf" is in the future; ${tolerated}.`,
      advice: 'Compare the clock of the issuer with that of this server.',
    }
  return {
    ...check,
    holds: false,
    text: 'A claim has a wrong type or is missing: "exp", "iat", "nbf", "sub", "jti" or "sid".',
    advice: 'The token was not issued by this library.',
  }
}

const lifetimeOption = (claims: Claims, { tokens }: Core): string => {
  const type = claims[tokens.settings.typeClaim]
  if (type === 'refresh') return 'tokens.refresh'
  return type === 'sliding' ? 'slidingTokens.lifetime' : 'tokens.access'
}

function issuerCheck({ iss }: Claims, { tokens }: Core): readonly Check[] {
  const { issuer } = tokens.settings
  if (issuer === undefined) return []
  const holds = iss === issuer
  return [
    {
      name: 'Issuer',
      holds,
      text: holds
        ? `${issuer}, this instance.`
        : `${shown(iss)}, but this instance is ${issuer}.`,
      option: 'tokens.issuer',
      advice: 'The token belongs to another service or environment.',
    },
  ]
}

function audienceCheck(claims: Claims, { tokens }: Core): readonly Check[] {
  const { audience } = tokens.settings
  if (audience === undefined) return []
  const expected = {
    issuer: undefined,
    audiences: [audience].flat(),
    // Times are another check.
    leeway: Number.MAX_SAFE_INTEGER as never,
  }
  const holds =
    claimFault({ aud: claims.aud } as Claims, expected, 0 as never) === undefined
  return [
    {
      name: 'Audience',
      holds,
      text: holds
        ? 'One of those that this instance accepts.'
        : `For ${shown(claims.aud)}; accepted: ${[audience].flat().join(', ')}.`,
      option: 'tokens.audience',
      advice: 'The token is meant for another service.',
    },
  ]
}

export const shown = (value: unknown): string =>
  value === undefined ? 'none' : JSON.stringify(value)
