import { loadedWhenCalled } from '../../base/lazy.ts'
import type { StoreExtension } from '../../stores/extension.ts'
import type { ConsoleReads } from './listing.ts'
import { CONSOLE_MIGRATIONS } from './sql/migrations.ts'

/** The indexes of the console's lists, the table of its chart, and the port to them. */
export const consoleStore: StoreExtension<{ readonly console: ConsoleReads }> = {
  name: 'console',
  migrations: CONSOLE_MIGRATIONS,
  ports: (db) => ({
    console: loadedWhenCalled<ConsoleReads>(VERBS, async () =>
      (await import('./sql/console.ts')).sqlConsole(db),
    ),
  }),
}

const VERBS: { readonly [Verb in keyof ConsoleReads]: true } = {
  findUsers: true,
  countSessions: true,
  listFactorKinds: true,
  findNames: true,
  findStaff: true,
  findSessions: true,
  countActiveSessions: true,
  findApiTokens: true,
  findEvents: true,
  countEvents: true,
  countUsers: true,
  addActivity: true,
  listActivity: true,
  findMessages: true,
  findMessage: true,
  retryMessage: true,
  dropMessage: true,
  countMessages: true,
}
