import type { CommandContext } from '../command/context.ts'
import { UsageError } from '../command/errors.ts'
import { namesIn } from '../command/values.ts'
import type { Options } from '../settings/options.ts'

export const ISSUER = {
  issuer: {
    type: 'string',
    value: 'URL',
    help: 'the `iss` of tokens, for services that verify them; default: WATCHWORD_ISSUER, or none',
  },
  audience: {
    type: 'string',
    value: 'NAMES',
    help: 'the `aud` of tokens, separated by commas; default: WATCHWORD_AUDIENCE, or none',
  },
} as const

type IssuerValues = { readonly [Name in keyof typeof ISSUER]?: string | undefined }

/**
 * The options of the instance that follow.
 *
 * @throws UsageError if one is set without the other: a token for any audience could be replayed to every service
 */
export function issuerOf(
  values: IssuerValues,
  { env }: CommandContext,
): Pick<Options, 'tokens'> {
  const issuer = values.issuer ?? (env.WATCHWORD_ISSUER || undefined)
  const audience = namesIn(values.audience ?? env.WATCHWORD_AUDIENCE)
  if (issuer === undefined && audience.length === 0) return {}
  if (issuer === undefined) {
    throw new UsageError(
      '--audience needs --issuer: add the address of this server, such as --issuer https://auth.example.com',
    )
  }
  if (audience.length === 0) {
    throw new UsageError(
      '--issuer needs --audience: add the names of the services that accept its tokens, such as --audience orders,billing',
    )
  }
  return { tokens: { issuer, audience } }
}
