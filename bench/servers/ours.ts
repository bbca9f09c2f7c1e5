import { bearer, statelessBearer } from '../../src/authentication/bearer.ts'
import { watchword } from '../../src/watchword.ts'
import { SECRET } from '../seed.ts'

/** An open instance whose guards use the named scheme. */
export async function ours(scheme: string, database: string) {
  const schemes = { 'statelessBearer()': statelessBearer(), 'bearer()': bearer() }
  if (!Object.hasOwn(schemes, scheme)) throw new Error(`unknown scheme "${scheme}"`)
  const auth = watchword({
    database,
    secret: SECRET,
    tokens: { access: '1h' },
    authentication: [schemes[scheme as 'bearer()']],
  })
  await auth.migrate()
  return auth
}

/** The name of a middleware that does nothing but call the next one: a part of the cost that no guard can avoid. */
export const NO_OP = 'no-op middleware'

/** The body of every route. */
export const HELLO = { hello: 'world' }
