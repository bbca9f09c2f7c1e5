import { registerHooks } from 'node:module'

/** The stand-alone server with one user. `one-by-one`: the same with a commit per statement. */
const [database = '', password = '', mode] = process.argv.slice(2)

if (mode === 'one-by-one') {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      if (!url.endsWith('/stores/sqlite/write-queue.ts')) return loaded
      const source = String(loaded.source)
      const alone = source.replace(/const BATCH = \d+/, 'const BATCH = 1')
      if (alone === source)
        throw new Error(
          'the constant with the size of a group was not found: adapt this file',
        )
      return { ...loaded, source: alone }
    },
  })
}

const { SECRET } = await import('../seed.ts')
const { watchword } = await import('../../src/watchword.ts')
const { serve } = await import('../../src/server/serve.ts')

const auth = watchword({
  database,
  tokens: { algorithm: 'HS256', signingKey: SECRET },
})
await auth.users.create({ username: 'ada', password })
const { url } = await serve({ auth, host: '127.0.0.1', port: 0 })
process.send?.({ port: Number(new URL(url).port) })
