import { pathToFileURL } from 'node:url'

/** The stand-alone server of a checkout, with generated ES256 keys and one user. It answers each message with its processor time so far. */
const [checkout = '', database = '', password = '', refreshAlgorithm] =
  process.argv.slice(2)

const from = (file: string) => import(new URL(file, pathToFileURL(`${checkout}/`)).href)
const { watchword } = await from('src/watchword.ts')
const { serve } = await from('src/server/serve.ts')
const { SECRET } = await from('bench/seed.ts')

const auth = watchword({
  database,
  secret: SECRET,
  log: () => {},
  ...(refreshAlgorithm && { tokens: { refreshAlgorithm } }),
})
await auth.users.create({ username: 'ada', password })
const { url } = await serve({ auth, host: '127.0.0.1', port: 0 })

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.((user + system) / 1000)
})
process.send?.({ port: Number(new URL(url).port) })
