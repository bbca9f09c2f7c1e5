import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { COMMANDS } from '../../src/cli/commands.ts'
import { LIMITS } from '../../src/server/limits.ts'

const read = (path: string): string => readFileSync(path, 'utf8')
const pages = [...globSync('*.md'), ...globSync('docs/*.md')]

/** As a heading's address is made of its words. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')

const anchorsIn = (page: string): string[] =>
  [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading))

test('what the pages link to is there', () => {
  const broken: string[] = []
  for (const page of pages) {
    for (const [, target = ''] of read(page).matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? page : join(dirname(page), path)
      const isThere = existsSync(file) && (anchor === undefined || anchorsIn(file).includes(anchor))
      if (!isThere) broken.push(`${page} -> ${target}`)
    }
  }
  assert.deepEqual(broken, [])
})

test('CONTRIBUTING tells the floors that the code stands on', () => {
  const told = [...read('CONTRIBUTING.md').matchAll(/^\| (\d+) \| (.+?) \|/gm)].flatMap(([, floor, rooms = '']) =>
    [...rooms.matchAll(/`([\w.]+)\/?`/g)].map(([, room]) => `${floor} ${room}`),
  )
  const [, floors = ''] = /^const FLOORS = \[\n(.*?)^\]/ms.exec(read('test/floors.test.ts')) ?? []
  const held = floors
    .trim()
    .split('\n')
    .flatMap((line, i) => [...line.matchAll(/'([\w.]+)'/g)].map(([, room]) => `${i + 1} ${room}`))
  assert.deepEqual(told.sort(), held.sort())
})

test('the page of the command names every command', () => {
  const rows = read('docs/command.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
  const named = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([a-z]+(?: [a-z]+)?)/g)])
  const names = Object.keys(COMMANDS)
  assert.deepEqual(
    [...new Set(named.map(([, name]) => name).filter((name) => names.includes(name ?? '')))].sort(),
    [...names].sort(),
  )
})

test('the page of the settings names every setting of tokens and users', () => {
  const page = read('docs/tokens.md')
  const missing: string[] = []
  for (const [, group = '', body = ''] of read('src/options.ts').matchAll(
    /interface (Token|User)Options \{\n(.*?)^\}/gms,
  )) {
    for (const [, name = ''] of body.matchAll(/^ {2}readonly (\w+)\?/gm)) {
      const full = `${group.toLowerCase()}s.${name}`
      if (!page.includes(`\`${full}\``)) missing.push(full)
    }
  }
  assert.deepEqual(missing, [])
})

test('the limits that the page of the command tells are those of the server', () => {
  const page = read('docs/command.md')
  const { headersTimeout, requestTimeout, timeout, keepAliveTimeout, maxConnections, maxRequestsPerSocket } = LIMITS
  for (const told of [
    `16 KiB, within ${headersTimeout / 1000} seconds`,
    `body 64 KiB, within ${requestTimeout / 1000} seconds`,
    `${timeout / 1000} seconds; idle between requests ${keepAliveTimeout / 1000} seconds`,
    `${maxConnections.toLocaleString('en')}; ${maxRequestsPerSocket.toLocaleString('en')}`,
  ]) {
    assert.ok(page.includes(told), told)
  }
})
