import type { CommandContext } from './context.ts'

/** Where `start` shares with others what it counts. */
export const REDIS = {
  redis: {
    type: 'string',
    value: 'URL',
    says: 'share limits and sign-outs between machines through redis://…; else WATCHWORD_REDIS',
  },
} as const

export const redisOf = (
  { redis }: { readonly redis?: string | undefined },
  { env }: CommandContext,
): string | undefined => redis ?? (env.WATCHWORD_REDIS || undefined)
