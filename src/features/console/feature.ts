import type { CommandTable } from '../../command/command.ts'
import { requireString } from '../../users/field-errors.ts'
import { defineFeature } from '../define-feature.ts'
import { hasOAuth } from '../oauth/options.ts'
import { hasSigningKeys } from '../signing-keys/options.ts'
import type { TokenExplainer } from './explain-token/command.ts'
import type { ExplainedToken } from './explain-token/explained.ts'
import { consoleOptions } from './options.ts'
import { APPLICATION_PAGES, CONSOLE_PAGES, SIGNING_KEY_PAGES } from './pages.ts'
import { consoleStore } from './store.ts'

const COMMANDS: CommandTable<TokenExplainer> = {
  explain: async () => (await import('./explain-token/command.ts')).explain,
}

/** Pages for operators: users, sessions, tokens, keys, events. */
export const operatorConsole = defineFeature({
  name: 'console',
  options: {
    /** The console for operators: `true`, or an object. */
    console: consoleOptions,
  },
  store: consoleStore,
  needsSignInPages: (section) => section(consoleOptions) !== undefined,
  pages(section) {
    if (section(consoleOptions) === undefined) return []
    return [
      ...CONSOLE_PAGES,
      ...(hasOAuth(section) ? APPLICATION_PAGES : []),
      ...(hasSigningKeys(section) ? SIGNING_KEY_PAGES : []),
    ]
  },
  errorPages: (section) =>
    section(consoleOptions) === undefined
      ? undefined
      : {
          path: '/console',
          answer: async (...failed) =>
            (await import('../pages/serve-page.ts')).serveError(...failed),
        },
  events: ['message_retried', 'message_dropped', 'export_started', 'export_ended'],
  development: () => ({
    options: { console: true },
    addresses: [{ name: 'console', path: '/console/' }],
  }),
  commands: COMMANDS,
  async startNotes(core, origin) {
    if (core.section(consoleOptions) === undefined) return []
    const { firstAdministratorPath } = await import('./first-administrator.ts')
    const path = await firstAdministratorPath(core)
    if (path === undefined) return []
    return [
      `No user is staff. Create the first administrator, within an hour: ${origin}${path}`,
    ]
  },
  admin: (open) => ({
    /**
     * Explains what a token is, and why it is accepted or rejected. Nothing is exchanged, stored or logged.
     *
     * @param token of any kind, with or without `Bearer`
     * @throws AuthError `store_unavailable`
     */
    async explainToken(token: string): Promise<ExplainedToken> {
      const { explainToken } = await import('./explain-token/explain.ts')
      return explainToken(requireString('token', token), await open())
    },
  }),
  async onOpen(core) {
    if (core.section(consoleOptions) === undefined) return undefined
    const { openRecorder } = await import('./activity.ts')
    const recorder = openRecorder(core)
    return () => recorder.close()
  },
})
