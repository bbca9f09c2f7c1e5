import { type CommandContext, selfName, shellWord } from '../command/context.ts'
import { DEFAULT_DATABASE, shownDatabase } from './database.ts'

/** The shell command that signs a user in. */
export function signInCommand(url: string, username: string, password: string): string {
  const field = usernameField(`username=${username}`)
  return `curl -s ${url}/api/token/ ${field} -d password=${password}`
}

function usernameField(field: string): string {
  if (/^username=[\w.@-]+$/.test(field)) return `-d ${field}`
  return `--data-urlencode ${shellWord(field)}`
}

/** A watchword command for the same database, without the password of its address. */
export function nextCommand(
  words: string,
  database: string,
  { env }: CommandContext,
): string {
  const isDefault = database === (env.WATCHWORD_DATABASE || DEFAULT_DATABASE)
  const command = `${selfName(env)} ${words}`
  if (isDefault) return command
  return `${command} --database ${shellWord(shownDatabase(database))}`
}
