import type { Options } from '../options.ts'
import type { CommandContext } from './context.ts'
import { UsageError } from './errors.ts'

/** Who `start` says that it is, for services that check its tokens. */
export const ISSUER = {
  issuer: {
    type: 'string',
    value: 'URL',
    says: 'the address that tokens name as their issuer, for services that check them; else WATCHWORD_ISSUER, else none',
  },
  audience: {
    type: 'string',
    value: 'NAMES',
    says: 'whom tokens are for, with commas between several; else WATCHWORD_AUDIENCE',
  },
} as const

/**
 * What follows from them: tokens that say so, and the feed of ended sessions that goes with them.
 *
 * @throws WrongUsage where one is there without the other: a token for anybody could be shown to anybody
 */
export function issuerOf(
  values: {
    readonly issuer?: string | undefined
    readonly audience?: string | undefined
  },
  { env }: CommandContext,
): Pick<Options, 'tokens' | 'endpoints'> {
  const issuer = values.issuer ?? (env.WATCHWORD_ISSUER || undefined)
  const audience = (values.audience ?? env.WATCHWORD_AUDIENCE ?? '')
    .split(',')
    .flatMap((name) => name.trim() || [])
  if (issuer === undefined && audience.length === 0) return {}
  if (issuer === undefined)
    throw new UsageError('--audience needs --issuer: the address of this server.')
  if (audience.length === 0) {
    throw new UsageError(
      '--issuer needs --audience: the names of the services that its tokens are for.',
    )
  }
  return { tokens: { issuer, audience }, endpoints: { revocations: true } }
}
