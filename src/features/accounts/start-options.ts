import { startOptions } from '../../command/start-options.ts'
import { firstSet, parseWord } from '../../command/values.ts'

/** The option `--accounts` of `start`. */
export const accountStart = startOptions({
  options: {
    accounts: {
      type: 'string',
      value: 'SIGN-UP',
      help: 'users manage their accounts themselves; sign-up is open, by invitation, or off; default: WATCHWORD_ACCOUNTS, or no accounts',
    },
  },
  read({ accounts }, { env }) {
    const given = firstSet(
      ['--accounts', accounts],
      ['WATCHWORD_ACCOUNTS', env.WATCHWORD_ACCOUNTS],
    )
    if (given === undefined) return {}
    return { accounts: { signUp: parseWord(given, ['open', 'invitation', 'off']) } }
  },
})
