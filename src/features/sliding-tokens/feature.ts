import { defineFeature } from '../define-feature.ts'
import { slidingObtain } from './obtain.ts'
import { slidingRefresh } from './refresh.ts'

/** One token that is both access and refresh token. */
export const slidingTokens = defineFeature({
  name: 'slidingTokens',
  endpoints: {
    /** Signs in for a sliding token: `/api/token/sliding/`. TokenObtainSlidingView */
    slidingObtain,
    /** Exchanges a sliding token: `/api/token/sliding/refresh/`. TokenRefreshSlidingView */
    slidingRefresh,
  },
})
