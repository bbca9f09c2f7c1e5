import { openInstance } from '../src/instance/instance.ts'
import type { PublicJwk } from '../src/jwt/key.ts'
import { parseSettings } from '../src/settings/settings.ts'
import type { Pair } from '../src/tokens/pairs.ts'
import { watchword } from '../src/watchword.ts'

/** Seals the keys of all databases. */
export const SECRET = 'aB3dEf6hIj9lMn2pQr5tUv8xYz1cDe4g'

const BY_PROGRAM = { methods: [], request: undefined } as const

/** Creates users without passwords and signs each in once. @returns a token pair of each, and the public keys */
export async function seed(database: string, count: number) {
  const auth = watchword({ database, secret: SECRET })
  for (let i = 0; i < count; i++) await auth.users.create({ username: `user-${i}` })
  const published = await auth.handler(
    new Request('http://127.0.0.1/.well-known/jwks.json'),
  )
  const { keys } = (await published.json()) as { readonly keys: readonly PublicJwk[] }
  await auth.close()

  const instance = await openInstance(
    parseSettings({ database, secret: SECRET, tokens: { access: '1h' } }, {}),
  )
  const pairs: Pair[] = []
  for (let i = 0; i < count; i++) {
    const account = await instance.deps.users.find('username', `user-${i}`)
    pairs.push(await instance.core.completeSignIn(account!, BY_PROGRAM))
  }
  await instance.close()
  return { pairs, keys }
}
