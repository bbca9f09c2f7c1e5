import { after, days } from '../../src/base/clock.ts'
import { sendLogouts } from '../../src/features/oauth/backchannel/sender.ts'
import { clientStore } from '../../src/features/oauth/sql.ts'
import type { SessionId } from '../../src/sessions/session.ts'
import { accountsIn } from '../accounts/open.ts'
import { claimsOf } from '../oauth/setup.ts'
import type { Attack } from './corpus.ts'
import { siteAt } from './site.ts'
import { outcomeOfAsync, type Verdict } from './verdict.ts'

type LogoutCase = Attack<'logout_address'>

/** Registers an application with an address, and ends the session of a user who has agreed to it. */
export async function judgeLogoutAddress(attack: LogoutCase): Promise<Verdict> {
  const { id, kind, reason, expect } = attack
  const app = await accountsIn({ oauth: true })
  try {
    const result = await resultOf(attack, app)
    const faults = result === expect ? [] : [`the result is: ${result}`]
    return { id, kind, reason, faults }
  } finally {
    await app.auth.close()
  }
}

type App = Awaited<ReturnType<typeof accountsIn>>

/** `accept` if the application was notified: by one request, which need not be sent again. */
async function resultOf(attack: LogoutCase, app: App): Promise<string> {
  const registered = await outcomeOfAsync(() =>
    app.auth.clients.create({ name: 'App', backchannelLogoutUri: attack.uri }),
  )
  if (registered.kind === 'broken') return `throws ${registered.error}`
  if (registered.kind === 'refused') return 'reject'
  const [client] = await app.auth.clients.list()
  await endSession(client?.id ?? '', app)
  await using site = await siteAt(attack)
  await sendLogouts(0, app.core, site.network)
  if (site.connections() > 1) return `${site.connections()} connections`
  const { logins } = app.core.ports(clientStore)
  const waiting = await logins.due(after(app.core.clock(), days(1)), 10)
  return site.connections() === 1 && waiting.length === 0 ? 'accept' : 'reject'
}

async function endSession(clientId: string, { auth, core }: App): Promise<void> {
  const { id: subject } = await auth.users.create({ username: 'ada' })
  const { access } = await auth.signIn(subject)
  const id = claimsOf(access).sid as SessionId
  const expiresAt = after(core.clock(), days(1))
  const login = { id, clientId, subject, browserId: id, expiresAt }
  await core.ports(clientStore).logins.insert(login)
  await auth.sessions.revoke(id)
}
