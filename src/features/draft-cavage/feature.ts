import { defineFeature } from '../define-feature.ts'
import { draftCavage } from './scheme.ts'

/** Requests that are signed as drafts of HTTP signatures before RFC 9421 say, with keys of `auth.signingKeys`. */
export const draftCavageSignatures = defineFeature({
  name: 'draftCavage',
  schemes: [draftCavage],
})
