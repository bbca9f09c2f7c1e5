import { nearest } from '../base/nearest.ts'
import { ownMember } from '../base/optional.ts'
import type { Command, CommandTable, OptionTable } from '../command/command.ts'
import { UsageError } from '../command/errors.ts'
import { printable } from '../command/format.ts'
import type { User } from '../users/user.ts'
import type { Watchword } from '../watchword.ts'

type Commands = CommandTable<Watchword<User>>

const ACCOUNTS: Commands = {
  dev: async () => (await import('./dev-command.ts')).dev,
  start: async () => (await import('./start-command.ts')).start,
  migrate: async () => (await import('./migrate-command.ts')).migrate,
  'user create': async () => (await import('./user-create-command.ts')).userCreate,
  'user list': async () => (await import('./user-list-command.ts')).userList,
  'user show': async () => (await import('./user-show-command.ts')).userShow,
  'user change': async () => (await import('./user-change-commands.ts')).userChange,
  'user verify': async () => (await import('./user-change-commands.ts')).userVerify,
  'user passwd': async () => (await import('./user-password-command.ts')).userPasswd,
  'user rename': async () => (await import('./user-change-commands.ts')).userRename,
  'user roles': async () => (await import('./user-change-commands.ts')).userRoles,
  'user activate': async () =>
    (await import('./user-activation-commands.ts')).userActivate,
  'user deactivate': async () =>
    (await import('./user-activation-commands.ts')).userDeactivate,
  'user delete': async () => (await import('./user-delete-command.ts')).userDelete,
  'user import': async () => (await import('./user-import-command.ts')).userImport,
  'user export': async () => (await import('./user-import-command.ts')).userExport,
  'session list': async () => (await import('./session-commands.ts')).sessionList,
  'session revoke': async () => (await import('./session-commands.ts')).sessionRevoke,
}

const MAINTENANCE: Commands = {
  'keys list': async () => (await import('./key-commands.ts')).keysList,
  'keys rotate': async () => (await import('./key-commands.ts')).keysRotate,
  'keys reseal': async () => (await import('./key-commands.ts')).keysReseal,
  events: async () => (await import('./events-command.ts')).events,
  flush: async () => (await import('./flush-command.ts')).flush,
  call: async () => (await import('./call-command.ts')).call,
}

/** Every command, in the order of the help. */
export async function allCommands(): Promise<Commands> {
  const { eachFeatures } = await import('../features.ts')
  const ofFeatures: readonly Commands[] = eachFeatures('commands')
  const all = [ACCOUNTS, ...ofFeatures, MAINTENANCE].flatMap(Object.entries)
  const groups = Map.groupBy(all, ([name]) => name.split(' ')[0])
  return Object.fromEntries([...groups.values()].flat())
}

/** Whether the names of commands begin with this word, as `user` in `user create`. */
export async function isGroup(word: string): Promise<boolean> {
  return Object.keys(await allCommands()).some((name) => name.startsWith(`${word} `))
}

/**
 * The command named by the first one or two words, and the words after it.
 *
 * @throws UsageError with the nearest name
 */
export async function findCommand(words: readonly string[]): Promise<{
  readonly command: Command<OptionTable, Watchword<User>>
  readonly rest: readonly string[]
}> {
  // The modules of features are loaded only if no other command has this name.
  const found =
    lookUp(words, ACCOUNTS) ??
    lookUp(words, MAINTENANCE) ??
    lookUp(words, await allCommands())
  if (found === undefined)
    throw new UsageError(unknownCommand(words, Object.keys(await allCommands())))
  return { command: await withServerOptions(found.load), rest: found.rest }
}

async function withServerOptions(load: Commands[string]) {
  const command = await load()
  if (command.describesServer === undefined) return command
  const { SERVER_OPTIONS } = await import('./server-instance.ts')
  return { ...command, options: { ...SERVER_OPTIONS, ...command.options } }
}

function lookUp(words: readonly string[], commands: Commands) {
  for (const length of [1, 2]) {
    const name = words.slice(0, length).join(' ')
    const load = ownMember(commands, name)
    if (load !== undefined) return { load, rest: words.slice(length) }
  }
  return undefined
}

function unknownCommand(words: readonly string[], names: readonly string[]): string {
  const [first = '', second = ''] = words.filter((word) => !word.startsWith('-'))
  if (first === '')
    return 'Begin with the name of a command; options follow it. The commands: watchword help'
  const inGroup = names.filter((name) => name.startsWith(`${first} `))
  if (inGroup.length > 0 && second === '') {
    const seconds = inGroup.map((name) => name.slice(first.length + 1))
    return `watchword ${first} needs one of: ${seconds.join(', ')}. About each: watchword help ${first}`
  }
  const close = nearest(`${first} ${second}`.trim(), names) ?? nearest(first, names)
  const suggestion = close && `Did you mean: watchword ${close}?`
  if (inGroup.length === 0)
    return `${noCommand(first)} ${suggestion ?? 'The commands: watchword help'}`
  return `${noCommand(`${first} ${second}`)} ${suggestion ?? `The commands: watchword help ${first}`}`
}

const noCommand = (typed: string): string =>
  `There is no command "${printable(typed).slice(0, 40)}".`
