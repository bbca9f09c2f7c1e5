import { existsSync } from 'node:fs'
import { AuthError } from '../base/errors.ts'
import { type CommandContext, shellWord } from '../command/context.ts'
import { CommandError } from '../command/errors.ts'
import { shownDatabase } from './database.ts'

/** @throws CommandError if WATCHWORD_SECRET is missing or too short */
export function requireSecret(database: string, { env }: CommandContext): void {
  const { length } = env.WATCHWORD_SECRET ?? ''
  if (length >= 32) return
  throw new CommandError(
    `WATCHWORD_SECRET ${lengthFault(length)}. ${secretAdvice(database)}`,
  )
}

function lengthFault(length: number): string {
  if (length === 0) return 'is not set'
  return 'has fewer than 32 characters'
}

function secretAdvice(database: string): string {
  const file = developmentSecretOf(database)
  if (existsSync(file)) {
    return `The keys in ${shownDatabase(database)} are encrypted with the development secret beside it; use that:

  export WATCHWORD_SECRET=$(cat ${shellWord(file)})`
  }
  return `It encrypts the private keys in the database. Make one and keep it:

  export WATCHWORD_SECRET=$(head -c 32 /dev/urandom | base64)`
}

const developmentSecretOf = (database: string): string => `${database}.secret`

/** A better message if the keys were encrypted with the development secret beside the database. */
export function wrongSecretError(
  error: unknown,
  database: string,
): CommandError | undefined {
  const isWrongSecret = error instanceof AuthError && error.code === 'wrong_secret'
  if (!isWrongSecret || !existsSync(developmentSecretOf(database))) return undefined
  return new CommandError(
    `WATCHWORD_SECRET is not the secret of this database. ${secretAdvice(database)}`,
    { cause: error },
  )
}
