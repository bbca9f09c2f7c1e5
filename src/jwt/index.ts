/**
 * `watchword/jwt`: signs and verifies JSON Web Tokens with `node:crypto`, without users, sessions or a database.
 *
 * Keys come from `importSecret`, `importSigningKey`, `importVerifyingKey`, `importKeySet` or `remoteKeySet`; `sign` makes a
 * token, `verifier` checks one.
 */
import '../base/node-version.ts'

export { AuthError, type AuthErrorOptions, type ErrorCode } from '../base/errors.ts'
export { ALGORITHMS, type Algorithm } from './algorithms.ts'
export { idTokenFault } from './id-token.ts'
export type { Claims } from './json.ts'
export type { Jwk } from './jwk.ts'
export { sign, signBytes, verifySignature } from './jws.ts'
export type { KeyOptions, PublicJwk, SigningKey, VerifyingKey } from './key.ts'
export { importKeySet, KeySet, type KeySource } from './key-set.ts'
export { type GeneratedKey, generateKey, importSigningKey } from './private-key.ts'
export { importVerifyingKey, thumbprintOf } from './public-key.ts'
export { type RemoteKeySetOptions, remoteKeySet } from './remote-key-set.ts'
export { importSecret, secretFault } from './secret.ts'
export { type Verifier, type VerifierOptions, verifier } from './verify.ts'
