import type { CommandContext } from '../command/context.ts'
import { UsageError } from '../command/errors.ts'
import { firstSet } from '../command/values.ts'
import type { Options } from '../settings/options.ts'

export const ACCOUNTS = {
  accounts: {
    type: 'string',
    value: 'SIGN-UP',
    help: 'users manage their accounts themselves; sign-up is open, by invitation, or off; default: WATCHWORD_ACCOUNTS, or no accounts',
  },
  url: {
    type: 'string',
    value: 'URL',
    help: 'the public address, with which links in mails begin; default: WATCHWORD_URL, or none',
  },
} as const

const SIGN_UP = ['open', 'invitation', 'off'] as const

/** The options of the instance that follow. @throws UsageError */
export function accountsOf(
  values: { readonly [Name in keyof typeof ACCOUNTS]?: string | undefined },
  { env }: CommandContext,
): Pick<Options, 'accounts' | 'url'> {
  const given = firstSet(
    ['--accounts', values.accounts],
    ['WATCHWORD_ACCOUNTS', env.WATCHWORD_ACCOUNTS],
  )
  const url = values.url ?? (env.WATCHWORD_URL || undefined)
  return {
    ...(url !== undefined && { url }),
    ...(given !== undefined && { accounts: { signUp: signUpOf(given) } }),
  }
}

function signUpOf({ name, text }: { readonly name: string; readonly text: string }) {
  const signUp = SIGN_UP.find((each) => each === text)
  if (signUp !== undefined) return signUp
  throw new UsageError(`${name} must be open, invitation or off.`)
}
