import { after } from 'node:test'
import { changedPrototypes } from './attacks/side-effects.ts'

/**
 * Read before the first test and asked after the last (R29): what all share is as it was, and nothing went wrong unseen. The
 * tests run in one process, so whatever one of them or the library leaves behind is here to be found.
 */
const before = stateOf()
const unseen: string[] = []
process.on('unhandledRejection', (reason) =>
  unseen.push(`nobody heard of a rejection: ${reason}`),
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
  // What a hook outside of all tests throws is shown and else makes no difference.
  process.exitCode = 1
  throw new Error(`after all tests:\n  ${faults.join('\n  ')}`)
})

function stateOf(): ReadonlyMap<string, string> {
  const state = new Map([
    ['the folder', process.cwd()],
    ['the mask of new files', String(process.umask())],
    ['the time zone', String(new Date(0).getTimezoneOffset())],
  ])
  // Zod and tslib keep what is theirs under names that begin so.
  const globals = Object.getOwnPropertyNames(globalThis).filter(
    (name) => !name.startsWith('__'),
  )
  for (const name of globals) state.set(`the global ${name}`, 'there')
  for (const [name, value] of Object.entries(process.env))
    state.set(`the environment's ${name}`, String(value))
  return state
}

/** Without what was there: that may be a password. */
function changesSince(past: ReadonlyMap<string, string>): readonly string[] {
  const present = stateOf()
  const names = new Set([...past.keys(), ...present.keys()])
  return [...names]
    .filter((name) => past.get(name) !== present.get(name))
    .map((name) => `${name}: not as before`)
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
        `${count - (listening.get(event) ?? 0)} are left listening to the process's ${String(event)}`,
    )
}
