import type { EndpointOptions, Options } from '../../src/settings/options.ts'
import type { User } from '../../src/users/user.ts'
import type { Watchword } from '../../src/watchword.ts'

/** The instances in place of a recorded server, all on one database. */
export interface Instances {
  readonly main: Watchword<User>
  /** By the beginning of the paths that they serve. */
  readonly others: ReadonlyMap<string, Watchword<User>>
}

/** Of the views with throttles, because only some views of the recorded servers had them. */
export const THROTTLED = '/throttle/'

/** Django's throttle of the sign-in does not depend on passwords, and is the `anon` throttle of an endpoint here. */
export const RATES = {
  anon: '2/min',
  user: '3/min',
  scoped: '1/min',
  login: null,
} as const

/** What a recorded server has at more than one path, by the beginning of the further path: endpoints of one more instance. */
const OTHERS: { readonly [prefix: string]: Options } = {
  '/sliding/': {
    endpoints: { slidingObtain: '/sliding/', slidingRefresh: '/sliding/refresh/' },
  },
  [THROTTLED]: { endpoints: { obtain: '/throttle/obtain/' }, throttle: RATES },
}

/**
 * Makes the main instance, and of the others those that a conversation asks: each costs some milliseconds.
 *
 * @param paths of the conversation
 */
export function instancesFor(
  paths: readonly string[],
  options: Options,
  make: (options: Options) => Watchword<User>,
): Instances {
  const main = make(options)
  const asked = Object.entries(OTHERS).filter(([prefix]) =>
    paths.some((path) => path.startsWith(prefix)),
  )
  const others = asked.map(([prefix, { endpoints, ...others }]) => {
    const only = {
      ...options,
      presets: [],
      ...others,
      endpoints: { ...NONE, ...endpoints },
    }
    return [prefix, make(only)] as const
  })
  return { main, others: new Map(others) }
}

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
