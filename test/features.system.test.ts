import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import {
  cpSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Features that can be left out, with what is built on them: their folders, and their names in the list. Not those that the command
 * builds on: API tokens, codes, mail and accounts.
 */
const REMOVABLE = [
  ['browser-sessions', 'browserSessions'],
  ['sliding-tokens', 'slidingTokens'],
  ['revocation-feed', 'revocationFeed'],
  ['second-factors', 'secondFactors'],
  ['passkeys', 'passkeys'],
] as const

/** Signs in, refreshes and guards with what is left. */
const PROGRAM = `
import assert from 'node:assert/strict'
import { watchword } from './src/index.ts'

const auth = watchword({ database: 'sqlite::memory:', log: () => {} })
const password = 'qhr4-7mzt-w2pd-x9kc'
await auth.users.create({ username: 'ada', password })
const post = async (path, body) => {
  const request = new Request('http://localhost' + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const response = await auth.handler(request)
  assert.equal(response.status, 200)
  return response.json()
}
const { refresh } = await post('/api/token/', { username: 'ada', password })
const { access } = await post('/api/token/refresh/', { refresh })
const { user } = await auth.require(
  new Request('http://localhost/', { headers: { authorization: 'Bearer ' + access } }),
)
assert.equal(user.username, 'ada')
await assert.rejects(auth.require(new Request('http://localhost/')), { status: 401 })
await auth.close()
`

for (const [folder, name] of REMOVABLE) {
  test(`without its line in features.ts, ${name} is gone and the rest works`, async (t) => {
    const copy = mkdtempSync(join(tmpdir(), 'watchword-features-'))
    t.after(() => rmSync(copy, { recursive: true }))
    cpSync('src', join(copy, 'src'), { recursive: true })
    cpSync('package.json', join(copy, 'package.json'))
    symlinkSync(join(process.cwd(), 'node_modules'), join(copy, 'node_modules'))
    removeFeature(copy, folder, name)

    await compile(copy)

    writeFileSync(join(copy, 'program.mjs'), PROGRAM)
    await run(process.execPath, ['program.mjs'], { cwd: copy })
  })
}

/** Removes the folder, the line in the list, and the lines that export something of it; then what imports it, in the same way. */
function removeFeature(copy: string, folder: string, name: string): void {
  for (const file of globSync('src/**/*.test.ts', { cwd: copy })) rmSync(join(copy, file))
  const removed = [`features/${folder}`]
  for (const part of removed) {
    rmSync(join(copy, 'src', part), { recursive: true })
    removed.push(...importersOf(part, copy).filter((each) => !removed.includes(each)))
  }
  for (const file of ['features.ts', 'index.ts', 'authentication.ts', 'presets/index.ts'])
    removeLines(join(copy, 'src', file), removed, name)
}

/** The features and presets that import from a folder: `presets/knox`. */
function importersOf(part: string, copy: string): readonly string[] {
  const folder = part.split('/').at(-1)
  const pattern = new RegExp(`from '(?:\\.\\./)+(?:features/)?${folder}/`)
  const files = globSync('src/{features,presets}/*/**/*.ts', { cwd: copy })
  const importing = files.filter((file) =>
    pattern.test(readFileSync(join(copy, file), 'utf8')),
  )
  return [...new Set(importing.map((file) => file.split('/').slice(1, 3).join('/')))]
}

function removeLines(path: string, parts: readonly string[], name: string): void {
  const lines = readFileSync(path, 'utf8').split('\n')
  const removed = parts.map((part) => part.split('/').at(-1)!)
  const names = [name, ...removed.map(camelCase)]
  const isOf = (line: string): boolean =>
    names.some((each) => line === `  ${each},`) ||
    removed.some((folder) => new RegExp(`from '.*/${folder}/`).test(line))
  writeFileSync(
    path,
    statements(lines)
      .filter((each) => !isOf(each))
      .join('\n'),
  )
}

/** Lines; an import or export over several is one. */
const statements = (lines: readonly string[]): readonly string[] =>
  lines
    .join('\n')
    .replaceAll(
      /^((?:import|export)[^;\n]*\{)\n([^}]*)\}/gm,
      (_, start, names) => `${start}${names.replaceAll(/\s+/g, ' ')}}`,
    )
    .split('\n')

const camelCase = (folder: string): string =>
  folder.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

async function compile(copy: string): Promise<void> {
  const config = JSON.parse(readFileSync('tsconfig.json', 'utf8'))
  const here = { ...config, include: ['src'] }
  writeFileSync(join(copy, 'tsconfig.json'), JSON.stringify(here))
  const tsc = join(process.cwd(), 'node_modules/.bin/tsc')
  const failed = await run(tsc, ['-p', copy]).then(
    () => '',
    ({ stdout }) => String(stdout),
  )
  assert.equal(failed, '')
}
