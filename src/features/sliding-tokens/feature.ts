import { defineFeature } from '../define-feature.ts'
import { slidingObtain } from './obtain.ts'
import { slidingTokenOptions } from './options.ts'
import { slidingRefresh } from './refresh.ts'
import { slidingTokenKind } from './sliding.ts'

/** One token that is both access and refresh token. */
export const slidingTokens = defineFeature({
  name: 'slidingTokens',
  options: {
    /** Sliding tokens. */
    slidingTokens: slidingTokenOptions,
  },
  tokens: (section) => slidingTokenKind(section(slidingTokenOptions)),
  endpoints: {
    /** Signs in for a sliding token: `/api/token/sliding/`. TokenObtainSlidingView */
    slidingObtain,
    /** Exchanges a sliding token: `/api/token/sliding/refresh/`. TokenRefreshSlidingView */
    slidingRefresh,
  },
})
