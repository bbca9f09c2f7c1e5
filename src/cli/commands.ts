import type { Command } from './command.ts'
import { UsageError } from './errors.ts'
import { nearest } from './nearest.ts'
import { printable } from './table.ts'

/** Every command, in the order in which the help tells them. Each is read when it is used. */
export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  dev: async () => (await import('./dev.ts')).dev,
  start: async () => (await import('./start.ts')).start,
  migrate: async () => (await import('./migrate.ts')).migrate,
  'user create': async () => (await import('./user.ts')).userCreate,
  'user list': async () => (await import('./user.ts')).userList,
  'user passwd': async () => (await import('./user.ts')).userPasswd,
  'user roles': async () => (await import('./user.ts')).userRoles,
  'user activate': async () => (await import('./user.ts')).userActivate,
  'user deactivate': async () => (await import('./user.ts')).userDeactivate,
  'user delete': async () => (await import('./user.ts')).userDelete,
  'session list': async () => (await import('./session.ts')).sessionList,
  'session revoke': async () => (await import('./session.ts')).sessionRevoke,
  'token create': async () =>
    (await import('../features/api-tokens/command.ts')).tokenCreate,
  'token list': async () => (await import('../features/api-tokens/command.ts')).tokenList,
  'token revoke': async () =>
    (await import('../features/api-tokens/command.ts')).tokenRevoke,
  'keys list': async () => (await import('./keys.ts')).keysList,
  'keys rotate': async () => (await import('./keys.ts')).keysRotate,
  'keys reseal': async () => (await import('./keys.ts')).keysReseal,
  events: async () => (await import('./events.ts')).events,
  flush: async () => (await import('./flush.ts')).flush,
}

const NAMES = Object.keys(COMMANDS)

/** Whether commands of two words begin with this one. */
export const isGroup = (word: string): boolean =>
  NAMES.some((name) => name.startsWith(`${word} `))

/** The command that the first one or two words name. @throws WrongUsage with the nearest that there is */
export function commandNamed(words: readonly string[]): {
  readonly name: string
  readonly rest: readonly string[]
} {
  for (const length of [1, 2]) {
    const name = words.slice(0, length).join(' ')
    if (Object.hasOwn(COMMANDS, name)) return { name, rest: words.slice(length) }
  }
  throw new UsageError(unknown(words.filter((word) => !word.startsWith('-'))))
}

function unknown([first = '', second = '']: readonly string[]): string {
  if (first === '') return 'The name of a command comes first: watchword help lists them.'
  if (isGroup(first) && second === '') {
    const seconds = NAMES.filter((name) => name.startsWith(`${first} `)).map(
      (name) => name.split(' ')[1],
    )
    return `watchword ${first} is followed by one of: ${seconds.join(', ')}.`
  }
  const close = nearest(`${first} ${second}`.trim(), NAMES) ?? nearest(first, NAMES)
  const typed = printable(isGroup(first) ? `${first} ${second}` : first).slice(0, 40)
  return `There is no command "${typed}". ${close === undefined ? 'watchword help lists them.' : `Did you mean: watchword ${close}?`}`
}
