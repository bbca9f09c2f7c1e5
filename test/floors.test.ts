import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'

/**
 * The house from the ground up. A file imports from its own folder and from the floors below; a file that stands in `src`
 * itself is a room of its own. The package's own `package.json` lies outside.
 */
const FLOORS = [
  ['base'],
  ['jwt', 'passwords', 'throttling'],
  ['users', 'keys'],
  ['sessions'],
  ['tokens', 'audit'],
  ['authentication'],
  ['permissions', 'verify'],
  ['stores'],
  ['options.ts'],
  ['settings', 'endpoints'],
  ['house'],
  ['watchword.ts'],
  ['adapters', 'index.ts'],
  ['server'],
  ['cli'],
]

const floorOf = (room: string): number =>
  FLOORS.findIndex((floor) => floor.includes(room))
const isBelow = (a: string, b: string): boolean =>
  floorOf(a) !== -1 && floorOf(a) < floorOf(b)
const roomOf = (path: string): string => path.split('/')[1] ?? ''

test('imports run down', () => {
  const uphill: string[] = []
  for (const file of globSync('src/**/*.ts', { exclude: ['**/*.test.ts'] })) {
    for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(
      /(?:from|import\()\s*'(\.[^']+)'/g,
    )) {
      const from = roomOf(file)
      const to = roomOf(normalize(join(dirname(file), path)))
      if (to !== '' && from !== to && !isBelow(to, from))
        uphill.push(`${file} -> ${path}`)
    }
  }
  assert.deepEqual(uphill, [])
})

test('every room stands on a floor', () => {
  const rooms = new Set(
    globSync('src/**/*.ts', { exclude: ['src/*.test.ts'] }).map(roomOf),
  )
  assert.deepEqual(
    [...rooms].filter((room) => floorOf(room) === -1),
    [],
  )
})
