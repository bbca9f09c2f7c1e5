import { withoutUndefined } from '../base/optional.ts'
import type { CommandContext } from '../command/context.ts'
import type { Options } from '../settings/options.ts'

export const PUBLIC_URL = {
  url: {
    type: 'string',
    value: 'URL',
    help: 'the public address, with which links in mails begin; default: WATCHWORD_URL, or none',
  },
} as const

/** The option of the instance that follows. */
export function urlOf(
  values: { readonly url?: string | undefined },
  { env }: CommandContext,
): Pick<Options, 'url'> {
  const url = values.url ?? (env.WATCHWORD_URL || undefined)
  return withoutUndefined({ url })
}
