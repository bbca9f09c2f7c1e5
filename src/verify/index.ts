/** Checks access tokens in another service than the one that issues them. Nothing of Node's: any runtime with fetch and WebCrypto. */
export { AuthError, type ErrorCode } from '../base/errors.ts'
export type { VerifierOptions } from './options.ts'
export { type TokenClaims, type TokenVerifier, verifier } from './verifier.ts'
