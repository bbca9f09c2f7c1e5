import type { CommandContext } from '../command/context.ts'

export const REDIS = {
  redis: {
    type: 'string',
    value: 'URL',
    help: 'share throttles and revocations between machines through redis://…; default: WATCHWORD_REDIS, or none',
    passwordIn: 'WATCHWORD_REDIS',
  },
} as const

export const redisOf = (
  { redis }: { readonly redis?: string | undefined },
  { env }: CommandContext,
): string | undefined => redis ?? (env.WATCHWORD_REDIS || undefined)
