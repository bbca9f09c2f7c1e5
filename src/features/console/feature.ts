import type { CommandTable } from '../../command/command.ts'
import { requireString } from '../../users/field-errors.ts'
import { defineFeature } from '../define-feature.ts'
import type { TokenExplainer } from './explain-token/command.ts'
import type { ExplainedToken } from './explain-token/explained.ts'
import { consoleStore } from './store.ts'

const COMMANDS: CommandTable<TokenExplainer> = {
  explain: async () => (await import('./explain-token/command.ts')).explain,
}

/** Pages for operators: users, sessions, tokens, keys, events. */
export const operatorConsole = defineFeature({
  name: 'console',
  store: consoleStore,
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
})
