import { encodeBase64url } from '../jwt/base64url.ts'

/** 128 random bits in base64url. */
export const randomId = (): string =>
  encodeBase64url(crypto.getRandomValues(new Uint8Array(16)))
