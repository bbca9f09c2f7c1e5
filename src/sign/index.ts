/**
 * `watchword/sign`: signs requests, and checks signatures. It needs `fetch` and WebCrypto, and nothing of Node.
 */

export type { Duration } from '../base/duration.ts'
export type { DigestAlgorithm } from '../signatures/content-digest.ts'
export { SignatureError } from '../signatures/message.ts'
export type { SignatureAlgorithm } from '../signatures/signature-algorithms.ts'
export type { KeyAndAlgorithm } from './algorithm.ts'
export { type DpopOptions, dpop, dpopKey, type WebCryptoKeyPair } from './dpop.ts'
export { type HawkOptions, hawk } from './hawk.ts'
export { type HawkBewitOptions, hawkBewit } from './hawk-bewit.ts'
export type { HawkKeyOptions } from './hawk-macs.ts'
export { type HttpSignatureOptions, httpSignature } from './http-signature.ts'
export type { JsonKey, KeyInput, WebCryptoKey } from './key.ts'
export type { HeadersInput, RequestToSign } from './message.ts'
export {
  type ReceivedRequest,
  type RequestVerifierOptions,
  requestVerifier,
  type VerifiedRequest,
} from './request-verifier.ts'
export {
  type ResponseVerifierOptions,
  responseVerifier,
  type VerifiedResponse,
} from './response-verifier.ts'
export { type SignedFetchOptions, signedFetch } from './signed-fetch.ts'
export type { Signer, SigningResult } from './signer.ts'
export type { VerificationKey, VerifierOptions } from './verification.ts'
