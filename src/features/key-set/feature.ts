import { defineFeature } from '../define-feature.ts'
import { keySetEndpoint } from './key-set.ts'

/** The public keys, for services that verify tokens elsewhere. */
export const keySet = defineFeature({
  name: 'keySet',
  endpoints: { keySet: keySetEndpoint },
})
