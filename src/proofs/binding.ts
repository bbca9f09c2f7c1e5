import { AuthError } from '../base/errors.ts'
import type { Claims } from '../jwt/index.ts'

/** The claim of a token that is bound to a key (RFC 9449 §6.1). */
export const bindingClaims = (jkt: string | undefined): Claims =>
  jkt === undefined ? {} : { cnf: { jkt } }

/**
 * The thumbprint of the key that a token is bound to.
 *
 * @returns `undefined` if it is bound to none
 * @throws AuthError `bound_token` if it is bound by another method, which is not supported
 */
export function jktIn({ cnf }: Claims): string | undefined {
  if (cnf === undefined) return undefined
  const { jkt } = (cnf ?? {}) as { readonly jkt?: unknown }
  if (typeof jkt === 'string') return jkt
  throw new AuthError('bound_token', 'the token is bound by another method than DPoP')
}

/** Whether a token that was accepted is bound to a key. */
export const isBound = ({ cnf }: Claims): boolean => cnf !== undefined

const CODES: readonly string[] = ['bound_token', 'invalid_dpop_proof', 'use_dpop_nonce']

/** Whether an error is about a proof, or its lack: it has a challenge of its own. */
export const isAboutProof = ({ code }: AuthError): boolean => CODES.includes(code)
