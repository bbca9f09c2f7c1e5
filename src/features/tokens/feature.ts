import { defineFeature } from '../define-feature.ts'
import { blacklist } from './blacklist.ts'
import { obtain } from './obtain.ts'
import { tokenOptions } from './options.ts'
import { refresh } from './refresh.ts'
import { verify } from './verify.ts'

/** Access and refresh tokens. */
export const tokens = defineFeature({
  name: 'tokens',
  options: {
    /** Access and refresh tokens. */
    tokens: tokenOptions,
  },
  endpoints: {
    /** Signs in with a password: `/api/token/`. TokenObtainPairView */
    obtain,
    /** Exchanges a refresh token: `/api/token/refresh/`. TokenRefreshView */
    refresh,
    /** Checks a token of any type: `/api/token/verify/`. TokenVerifyView */
    verify,
    /** Signs out: `/api/token/blacklist/`. TokenBlacklistView */
    blacklist,
  },
})
