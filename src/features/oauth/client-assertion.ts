import { type Seconds, seconds, type UnixSeconds } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import type { Network } from '../../http/fetch-public.ts'
import { isId } from '../../jwt/claims.ts'
import { type Claims, verifier } from '../../jwt/index.ts'
import { parseSegment } from '../../jwt/jws.ts'
import { proofKey } from '../../proofs/proofs.ts'
import type { Core } from '../core.ts'
import type { StoredClient } from './client.ts'
import { keysOfClient } from './client-keys/keys-of-client.ts'
import { issuerOf } from './issuer.ts'
import { findValidClient } from './known-client.ts'

/** How long such a token may be valid, and how far the clock of the application may be ahead. */
const LONGEST = 300
const AHEAD: Seconds = seconds(5)

/**
 * The application that has signed a token (RFC 7523 §3, `private_key_jwt`). Its `iss` and `sub` are the application, its `aud` is this
 * issuer alone, and it is used once.
 *
 * @param network of applications that publish their keys
 * @returns `undefined` if the token is not valid
 * @throws AuthError `keys_unavailable` if the keys are at an address that does not answer
 */
export async function authenticateAssertion(
  { id, assertion }: { readonly id: string | undefined; readonly assertion: string },
  core: Core,
  network?: Network,
): Promise<StoredClient | undefined> {
  const client = await findValidClient(id ?? subjectOf(assertion) ?? '', core)
  if (client?.proof !== 'private_key_jwt') return undefined
  const claims = await verifiedClaims(assertion, client, core, network)
  const now = core.clock()
  const once = claims && onceOf(claims, now)
  if (once === undefined) return undefined
  // After the signature was checked: others cannot use up the ids of an application.
  const key = proofKey('client_assertion', client.id, once.jti)
  if (!(await core.proofs.use(key, once.until, now))) return undefined
  return client
}

/** What a token says of itself, before it is verified: only to find the keys. */
function subjectOf(assertion: string): string | undefined {
  try {
    const { sub } = parseSegment(assertion.split('.')[1] ?? '')
    return typeof sub === 'string' ? sub : undefined
  } catch {
    return undefined
  }
}

async function verifiedClaims(
  assertion: string,
  client: StoredClient,
  core: Core,
  network: Network | undefined,
): Promise<Claims | undefined> {
  const issuer = issuerOf(core)
  try {
    const { verify } = verifier({
      keys: keysOfClient(client, core, network),
      clock: core.clock,
      issuer: client.id,
      audience: issuer,
      ahead: AHEAD,
      types: ['jwt', 'client-authentication+jwt'],
    })
    const claims = await verify(assertion)
    // A list could name another server, which could use the token here (RFC 7523 §3).
    return claims.aud === issuer && claims.sub === client.id ? claims : undefined
  } catch (error) {
    if (error instanceof AuthError && error.status === 401) return undefined
    throw error
  }
}

/** @returns `undefined` if it has no id, or is valid for too long to remember its id */
function onceOf(
  { jti, exp }: Claims,
  now: UnixSeconds,
): { readonly jti: string; readonly until: UnixSeconds } | undefined {
  if (!isId(jti) || Number(exp) > now + LONGEST + AHEAD) return undefined
  return { jti, until: Number(exp) as UnixSeconds }
}
