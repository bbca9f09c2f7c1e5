import type { TestContext } from 'node:test'
import type { Random } from '../../src/base/random.ts'
import { issueCode, type NewCode } from '../../src/features/codes/issue.ts'
import { type Instance, openInstance } from '../../src/instance/instance.ts'
import { lazily } from '../../src/instance/lazy-instance.ts'
import type { Options } from '../../src/settings/options.ts'
import { parseSettings } from '../../src/settings/settings.ts'
import { CHEAP_PASSWORDS } from '../../src/testing/cheap-passwords.ts'
import { testClock } from '../../src/testing/clock.ts'
import { watchwordOf } from '../../src/watchword.ts'
import { cleanUp } from '../cleanup.ts'
import { requireDocumented } from '../openapi/check-answers.ts'
import { sqliteStore } from '../stores/open.ts'

/** `accountsIn`, closed after the test. */
export async function openAccounts(t: TestContext, options: Options = {}) {
  const app = await accountsIn(options)
  cleanUp(t, () => app.auth.close())
  return app
}

/** An instance with accounts that sends nothing, whose calls of the store are recorded, and in which a test issues codes itself. */
export async function accountsIn(options: Options = {}) {
  const calls: string[] = []
  const clock = testClock()
  const settings = parseSettings(
    {
      secret: 'a secret of the tests of accounts, which is long enough',
      url: 'https://app.example.com',
      accounts: { signInCodes: true, requireActivation: false },
      mail: () => undefined,
      sms: () => undefined,
      codes: { resendAfter: 0, perTarget: null, perClient: null, inTotal: null },
      counts: 'store',
      log: () => {},
      clock: clock.now,
      ...options,
    },
    {},
  )
  let instance: Instance | undefined
  const store = sqliteStore({ file: ':memory:' })
  const openStore = async () => ({
    store: { ...store, ports: recorded(store.ports, calls) },
  })
  const auth = watchwordOf(
    settings,
    lazily(async () => {
      instance = await openInstance(settings, { encodings: CHEAP_PASSWORDS, openStore })
      return instance
    }),
  )
  requireDocumented(auth)
  await auth.users.count()
  const { core } = instance as unknown as Instance
  return {
    auth,
    core,
    clock,
    calls,
    /** @param random in place of the instance's */
    issue: (code: NewCode, random: Random = core.random) =>
      issueCode(code, { ...core, random }),
    post: (path: string, body: object) =>
      auth.handler(
        new Request(`http://localhost${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      ),
  }
}

type Verbs = Readonly<Record<string, unknown>>

/** The ports, whose calls are added to a list by their names. */
function recorded<Ports extends object>(ports: Ports, calls: string[]): Ports {
  const recordedVerbs = (port: string, verbs: Verbs) =>
    Object.fromEntries(
      Object.entries(verbs).map(([verb, call]) => [
        verb,
        typeof call !== 'function'
          ? call
          : (...args: unknown[]) => {
              calls.push(`${port}.${verb}`)
              return call(...args)
            },
      ]),
    )
  // The same names and functions of the same types.
  return Object.fromEntries(
    Object.entries(ports).map(([port, verbs]) => [port, recordedVerbs(port, verbs)]),
  ) as Ports
}
