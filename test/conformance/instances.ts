import type { EndpointOptions, Options } from '../../src/settings/options.ts'
import type { User } from '../../src/users/user.ts'
import { type Watchword, watchword } from '../../src/watchword.ts'

/** The instances in place of a recorded server, all on one database. */
export interface Instances {
  readonly main: Watchword<User>
  /** Has the endpoints of sliding tokens only, at the paths of a project with these tokens. */
  readonly sliding: Watchword<User>
  /** Has throttles, because only some views of the recorded servers had them. */
  readonly throttled: Watchword<User>
}

/** Their rates. Django's throttle of the sign-in does not depend on passwords, and is the `anon` throttle of an endpoint here. */
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
