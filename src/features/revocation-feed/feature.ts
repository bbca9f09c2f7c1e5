import { defineFeature } from '../define-feature.ts'
import { revocationsEndpoint } from './revocations.ts'

/** The endpoint from which `watchword/verify` in other services learns of revoked sessions. */
export const revocationFeed = defineFeature({
  name: 'revocationFeed',
  endpoints: {
    /** Lists revoked sessions: `/api/token/revocations/`. Not mounted unless it is named here. */
    revocations: revocationsEndpoint,
  },
  // An issuer has services that verify its tokens.
  server: (issuer) => (issuer === undefined ? {} : { endpoints: ['revocations'] }),
})
