import * as z from 'zod/mini'
import { accessCookie } from '../authentication/access-cookie.ts'
import { basic } from '../authentication/basic.ts'
import { bearer, statelessBearer } from '../authentication/bearer.ts'
import { remoteUser } from '../authentication/remote-user.ts'
import type { Scheme } from '../authentication/scheme.ts'
import { FEATURE_LIST } from '../features.ts'
import { functionOf } from '../schema/shapes.ts'
import type { User } from '../users/user.ts'

/** Functions that make a scheme, passed without a call. Those of other packages are detected when the instance opens. */
const FACTORIES: ReadonlySet<unknown> = new Set<unknown>([
  basic,
  bearer,
  remoteUser,
  statelessBearer,
  ...FEATURE_LIST.flatMap(({ schemes = [] }) => schemes),
])

const scheme = functionOf<Scheme<unknown>>(
  'must be a scheme, such as bearer(): check its name and its import',
).check(
  z.refine(
    (value) => !FACTORIES.has(value),
    'is a function that makes a scheme: call it, as in [bearer()]',
  ),
)

const LIST_MESSAGE = 'must be a list of schemes, such as [bearer()]'

export const schemeOptions = z.optional(
  z.array(scheme, LIST_MESSAGE).check(z.minLength(1, LIST_MESSAGE)),
)

/** The schemes of an instance without the option. */
export function defaultSchemes(transport: 'body' | 'cookie'): readonly Scheme<User>[] {
  if (transport === 'cookie') return [bearer(), accessCookie()]
  return [bearer()]
}
