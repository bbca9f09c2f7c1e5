import { availableParallelism } from 'node:os'
import type { CommandContext } from '../command/context.ts'
import { UsageError } from '../command/errors.ts'
import { firstSet, parseCount } from '../command/values.ts'
import { isInMemory } from './database.ts'

export const WORKERS = {
  workers: {
    type: 'string',
    value: 'COUNT',
    help: 'how many processes serve; default: WATCHWORD_WORKERS, WEB_CONCURRENCY, or one per core',
  },
} as const

/** @throws UsageError */
export function workersOf(
  { workers }: { readonly workers?: string | undefined },
  database: string,
  { env }: CommandContext,
): number {
  const given = firstSet(
    ['--workers', workers],
    ['WATCHWORD_WORKERS', env.WATCHWORD_WORKERS],
    ['WEB_CONCURRENCY', env.WEB_CONCURRENCY],
  )
  const count = given && parseCount(given, [1, 256])
  if (!isInMemory(database)) return count ?? availableParallelism()
  if (given === undefined || count === 1) return 1
  throw new UsageError(
    `${given.name} must be 1 for a database in memory, which no other process can read: leave it out, or name a file with --database.`,
  )
}
