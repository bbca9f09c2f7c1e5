import { Buffer } from 'node:buffer'
import childProcess from 'node:child_process'
import dns from 'node:dns'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'
import { DatabaseSync } from 'node:sqlite'

/** What verifying must never use: the network, files, other programs, a database (rule J8). */
const DOORS = [
  ['network', globalThis, ['fetch']],
  ['network', net.Socket.prototype, ['connect']],
  ['network', dns, ['lookup', 'resolve']],
  [
    'file',
    fs,
    [
      'open',
      'openSync',
      'readFile',
      'readFileSync',
      'stat',
      'statSync',
      'existsSync',
      'createReadStream',
    ],
  ],
  ['file', fs.promises, ['open', 'readFile', 'stat']],
  [
    'shell',
    childProcess,
    ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork'],
  ],
  ['sql', DatabaseSync.prototype, ['exec', 'prepare']],
] as const

export interface Watch extends Disposable {
  /** The uses since the last call. */
  seen(): string[]
}

/** Records each use until disposed. For synchronous work only: it cannot say which of two concurrent works did it. */
export function watchSideEffects(): Watch {
  let seen: string[] = []
  const restore: (() => void)[] = []
  for (const [kind, owner, names] of DOORS) {
    const target = owner as Record<string, unknown>
    for (const name of names) {
      const original = target[name] as (...given: unknown[]) => unknown
      target[name] = function (this: unknown, ...given: unknown[]): unknown {
        seen.push(`${kind}: ${name}`)
        return original.apply(this, given)
      }
      restore.push(() => {
        target[name] = original
      })
    }
  }
  syncBuiltinESMExports()
  return {
    seen() {
      const list = seen
      seen = []
      return list
    },
    [Symbol.dispose]() {
      for (const undo of restore) undo()
      syncBuiltinESMExports()
    },
  }
}

const PROTOTYPES = {
  Object: Object.prototype,
  Array: Array.prototype,
  Function: Function.prototype,
  Buffer: Buffer.prototype,
}
const before = new Map(
  Object.entries(PROTOTYPES).map(([name, prototype]) => [name, shapeOf(prototype)]),
)

/** The shared prototypes that changed since this file was loaded (rule J18). */
export const changedPrototypes = (): string[] =>
  Object.entries(PROTOTYPES).flatMap(([name, prototype]) => {
    const [was, is] = [before.get(name)!, shapeOf(prototype)]
    const same =
      was.size === is.size && [...is].every(([key, value]) => was.get(key) === value)
    return same ? [] : [`${name}.prototype was changed`]
  })

function shapeOf(prototype: object): Map<string | symbol, unknown> {
  const shape = new Map<string | symbol, unknown>()
  for (const key of Reflect.ownKeys(prototype)) {
    const { value, get } = Object.getOwnPropertyDescriptor(prototype, key)!
    shape.set(key, value ?? get)
  }
  return shape
}
