import { defineFeature } from '../define-feature.ts'
import { httpSignature } from './scheme.ts'

/** Requests that are signed (RFC 9421), with keys of `auth.signingKeys`. */
export const httpSignatures = defineFeature({
  name: 'httpSignatures',
  schemes: [httpSignature],
})
