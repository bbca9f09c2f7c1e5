import type { CommandTable } from '../../command/command.ts'
import { requireString } from '../../users/field-errors.ts'
import { defineFeature } from '../define-feature.ts'
import type { TokenExplainer } from './explain-token/command.ts'
import type { ExplainedToken } from './explain-token/explained.ts'
import { consoleOptions } from './options.ts'
import { CONSOLE_PAGES } from './pages.ts'
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
  pages: (section) => (section(consoleOptions) === undefined ? [] : CONSOLE_PAGES),
  errorPages: (section) =>
    section(consoleOptions) === undefined
      ? undefined
      : {
          path: '/console',
          answer: async (...failed) =>
            (await import('../pages/serve-page.ts')).serveError(...failed),
        },
  events: ['message_retried', 'message_dropped'],
  development: () => ({
    options: { console: true },
    addresses: [{ name: 'console', path: '/console/' }],
  }),
  commands: COMMANDS,
  admin: (open) => ({
    /**
     * Says what a token is, and what decides whether it is accepted. Nothing is exchanged, stored or logged.
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
