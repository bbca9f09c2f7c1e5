/**
 * `watchword/verify`: checks access tokens in another service than the one that issues them. It needs `fetch` and WebCrypto,
 * and nothing of Node.
 */
export { AuthError, type ErrorCode } from '../base/errors.ts'
export type { VerifierOptions } from './options.ts'
export { type TokenClaims, type TokenVerifier, verifier } from './verifier.ts'
