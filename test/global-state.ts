import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { after } from 'node:test'
import { changedPrototypes } from './attacks/side-effects.ts'
// Its hook runs before the one here.
import './services/at-end.ts'

// The types of a thousand files are removed once, not at each run.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/node'))

/** Globals that Angular sets when it is imported. */
const OF_ANGULAR = ['ng', 'ngDevMode', 'devtoolsFormatters']

/**
 * Compares the global state of the process before the first test and after the last one (R29). All tests run in one process, so this
 * finds what one of them or the library leaves behind.
 */
const before = stateOf()
const unseen: string[] = []
process.on('unhandledRejection', (reason) =>
  unseen.push(`unhandled rejection: ${reason}`),
)
process.on('warning', ({ name, message }) => {
  if (name === 'MaxListenersExceededWarning') unseen.push(message)
})
const listening = listeners()

after(() => {
  const faults = [
    ...changedPrototypes(),
    ...changesSince(before),
    ...leftListening(),
    ...unseen,
  ]
  if (faults.length === 0) return
  // An error of a root hook is printed, but does not change the exit code.
  process.exitCode = 1
  throw new Error(`after all tests:\n  ${faults.join('\n  ')}`)
})

function stateOf(): ReadonlyMap<string, string> {
  const state = new Map([
    ['the working directory', process.cwd()],
    ['the umask', String(process.umask())],
    ['the time zone', String(new Date(0).getTimezoneOffset())],
  ])
  // Zod and tslib have globals with such names.
  const globals = Object.getOwnPropertyNames(globalThis).filter(
    (name) => !name.startsWith('__') && !OF_ANGULAR.includes(name),
  )
  for (const name of globals) state.set(`the global ${name}`, 'there')
  for (const [name, value] of Object.entries(process.env))
    state.set(`the environment's ${name}`, String(value))
  return state
}

/** The names of what changed. Values may be passwords. */
function changesSince(past: ReadonlyMap<string, string>): readonly string[] {
  const present = stateOf()
  const names = new Set([...past.keys(), ...present.keys()])
  return [...names]
    .filter((name) => past.get(name) !== present.get(name))
    .map((name) => `${name} has changed`)
}

function listeners(): ReadonlyMap<string | symbol, number> {
  return new Map(
    process.eventNames().map((event) => [event, process.listenerCount(event)]),
  )
}

function leftListening(): readonly string[] {
  return [...listeners()]
    .filter(([event, count]) => count > (listening.get(event) ?? 0))
    .map(
      ([event, count]) =>
        `${count - (listening.get(event) ?? 0)} listeners of the process's ${String(event)} too many`,
    )
}
