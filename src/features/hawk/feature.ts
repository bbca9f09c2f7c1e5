import { defineFeature } from '../define-feature.ts'
import { hawk } from './scheme.ts'

/** Requests that are signed as Hawk does it, with keys of `auth.signingKeys`. */
export const hawkRequests = defineFeature({
  name: 'hawk',
  schemes: [hawk],
})
