import { serve } from '../../src/server/serve.ts'
import { watchword } from '../../src/watchword.ts'
import { SECRET } from '../seed.ts'

/** The stand-alone server with accounts, whose mails go nowhere, and one user. It answers each message with its processor time so far. */
const [database = '', password = '', transport] = process.argv.slice(2)

const auth = watchword({
  url: 'http://127.0.0.1',
  database,
  secret: SECRET,
  log: () => {},
  mail: () => {},
  accounts: { signInCodes: true },
  codes: { resendAfter: 0, perTarget: null, perClient: null, inTotal: null },
  tokens: { transport: transport === 'cookie' ? 'cookie' : 'body' },
})
await auth.users.create({
  username: 'ada',
  email: 'ada@example.org',
  emailVerified: true,
  password,
})
const { url } = await serve({ auth, host: '127.0.0.1', port: 0 })

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.((user + system) / 1000)
})
process.send?.({ port: Number(new URL(url).port) })
