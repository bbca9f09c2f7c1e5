import type { EndpointOptions, Options } from '../../src/settings/options.ts'
import type { User } from '../../src/users/user.ts'
import { type Watchword, watchword } from '../../src/watchword.ts'

/** The instances that a recorded server is here, all on one database. */
export interface Instances {
  readonly main: Watchword<User>
  /** Has nothing but sliding tokens, and their endpoints where a project of that kind would mount them. */
  readonly sliding: Watchword<User>
  /** Counts requests; the recorded servers had rates that no view but these went by. */
  readonly throttled: Watchword<User>
}

/** Their rates. What counts sign-ins there has nothing to do with passwords, and is our `anon` at an endpoint. */
const RATES = { anon: '2/min', user: '3/min', scoped: '1/min', login: null } as const

export const instancesOf = (options: Options): Instances => ({
  main: watchword(options),
  sliding: watchword(
    withEndpoints(
      { slidingObtain: '/sliding/', slidingRefresh: '/sliding/refresh/' },
      options,
    ),
  ),
  throttled: watchword({
    ...withEndpoints({ obtain: '/throttle/obtain/' }, options),
    throttle: RATES,
  }),
})

const NONE: EndpointOptions = {
  obtain: false,
  refresh: false,
  verify: false,
  blacklist: false,
  slidingObtain: false,
  slidingRefresh: false,
  apiToken: false,
  login: false,
  logout: false,
}

const withEndpoints = (endpoints: EndpointOptions, options: Options): Options => ({
  ...options,
  endpoints: { ...NONE, ...endpoints },
})
