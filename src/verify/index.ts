/**
 * `watchword/verify`: checks access tokens in another service than the one that issues them. It needs `fetch` and WebCrypto,
 * and nothing of Node.
 */

export type { StepUpOptions } from '../authentication/step-up.ts'
export type { Duration } from '../base/duration.ts'
export { AuthError, type AuthErrorOptions, type ErrorCode } from '../base/errors.ts'
export type { AsymmetricAlgorithm } from '../jwt/algorithms.ts'
export type { Claims } from '../jwt/json.ts'
export type { ScopeOptions } from './applications.ts'
export type { DpopOptions } from './dpop.ts'
export type { RevocationOptions, VerifierOptions } from './options.ts'
export { type TokenClaims, type TokenVerifier, verifier } from './verifier.ts'
