import { bearer, statelessBearer } from '../../src/authentication/bearer.ts'
import { watchword } from '../../src/watchword.ts'
import { SECRET } from '../seed.ts'

/** An instance of ours whose guards check with the scheme that is named, opened. */
export async function ours(scheme: string, database: string) {
  const schemes = { 'statelessBearer()': statelessBearer(), 'bearer()': bearer() }
  if (!Object.hasOwn(schemes, scheme))
    throw new Error(`there is no guard "${scheme}" here`)
  const auth = watchword({
    database,
    secret: SECRET,
    tokens: { access: '1h' },
    authentication: [schemes[scheme as 'bearer()']],
  })
  await auth.migrate()
  return auth
}

/** What every route answers. */
export const HELLO = { hello: 'world' }
