import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { FEATURE_LIST } from '../src/features.ts'

const run = promisify(execFile)

/** Features that the rest is built on, and why. All others can be left out. */
const CORE: Readonly<Record<string, string>> = {
  tokens: 'access and refresh tokens are what an instance issues',
  tokenCookies: 'the endpoints of tokens deliver them in cookies, too',
  browsableApi: 'guards and endpoints answer requests for its pages',
  browserSessions: 'the pages of the browsable API sign in with them',
}

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

/** The features in the list, and their folders. */
const FOLDERS = [
  ...readFileSync('src/features.ts', 'utf8').matchAll(
    /^import \{ (\w+) \} from '\.\/features\/([\w-]+)\/feature\.ts'$/gm,
  ),
].map(([, name = '', folder = '']) => ({ name, folder }))

describe('a feature that is removed from the list of features', () => {
  /** A copy with every feature, once compiled: after a change the compiler checks what depends on it. */
  const whole = mkdtempSync(join(tmpdir(), 'watchword-features-'))
  after(() => rmSync(whole, { recursive: true }))

  before(async () => {
    cpSync('src', join(whole, 'src'), { recursive: true })
    cpSync('package.json', join(whole, 'package.json'))
    mkdirSync(join(whole, 'test'))
    for (const each of ['node_modules', 'docs', 'test/data'])
      symlinkSync(join(process.cwd(), each), join(whole, each))
    for (const file of importersAmong('src/**/*.test.ts', ['../test'], whole))
      rmSync(join(whole, file))
    writeFileSync(join(whole, 'tsconfig.json'), compilerConfig())
    writeFileSync(join(whole, 'program.mjs'), PROGRAM)
    await compile(whole)
  })

  for (const { name, folder } of FOLDERS) {
    if (Object.hasOwn(CORE, name)) continue
    test(`${name} is gone and the rest works`, async (t) => {
      const copy = mkdtempSync(`${whole}-`)
      t.after(() => rmSync(copy, { recursive: true }))
      cpSync(whole, copy, { recursive: true })
      removeFeature(copy, folder)

      // On two cores, at once.
      await Promise.all([compile(copy), runProgram(copy).then(() => runTests(copy))])
    })
  }
})

test('each feature is left out once, or is of the core for a reason', () => {
  assert.equal(FOLDERS.length, FEATURE_LIST.length)
  const names = FOLDERS.map(({ name }) => name)
  assert.deepEqual(
    Object.keys(CORE).filter((name) => !names.includes(name)),
    [],
  )
})

/** The files that list features, or what they export. */
const LISTS = [
  'features.ts',
  'index.ts',
  'authentication.ts',
  'pages.ts',
  'presets/index.ts',
  'cli/feature-options.ts',
]

/** Removes the folder, the line in the list, and the lines that name something of it; then what imports it, in the same way. */
function removeFeature(copy: string, folder: string): void {
  const removed = [`features/${folder}`]
  for (const part of removed) {
    rmSync(join(copy, 'src', part), { recursive: true })
    removed.push(...importersOf(part, copy).filter((each) => !removed.includes(each)))
  }
  for (const file of LISTS) removeLines(join(copy, 'src', file), removed)
  for (const file of importersAmong('src/**/*.test.ts', removed, copy))
    rmSync(join(copy, file))
}

/** The features and presets that import from a folder: `presets/knox`. */
function importersOf(part: string, copy: string): readonly string[] {
  const importing = importersAmong('src/{features,presets}/*/**/*.ts', [part], copy)
  return [...new Set(importing.map((file) => file.split('/').slice(1, 3).join('/')))]
}

/** The files of a pattern that import from one of these folders of `src`. */
function importersAmong(
  pattern: string,
  folders: readonly string[],
  copy: string,
): readonly string[] {
  const places = folders.map((folder) => join('src', folder, '/'))
  return globSync(pattern, { cwd: copy }).filter((file) =>
    importsOf(file, copy).some((path) => places.some((place) => path.startsWith(place))),
  )
}

const importsOf = (file: string, copy: string): readonly string[] =>
  [
    ...readFileSync(join(copy, file), 'utf8').matchAll(/(?:from |import\()'(\.[^']*)'/g),
  ].map(([, specifier = '']) => join(dirname(file), specifier))

/** Removes imports and exports of these parts, and the lines of lists that name what was imported. */
function removeLines(path: string, parts: readonly string[]): void {
  const isOf = (line: string): boolean =>
    parts.some((part) =>
      new RegExp(`from '[./]*(?:features|presets)?/?${basename(part)}/`).test(line),
    )
  const lines = statements(readFileSync(path, 'utf8'))
  const names = lines.filter(isOf).flatMap(namesIn)
  const isNamed = (line: string): boolean => names.some((name) => line === `  ${name},`)
  const kept = lines.filter((line) => !isOf(line) && !isNamed(line))
  writeFileSync(path, kept.join('\n'))
}

/** What an import or export names in its braces. */
const namesIn = (line: string): readonly string[] =>
  /\{(.*)\}/.exec(line)?.[1]?.match(/\w+/g) ?? []

/** Lines; an import or export over several is one. */
const statements = (text: string): readonly string[] =>
  text
    .replaceAll(
      /^((?:import|export)[^;\n]*\{)\n([^}]*)\}/gm,
      (_, start, names) => `${start}${names.replaceAll(/\s+/g, ' ')}}`,
    )
    .split('\n')

const runProgram = (copy: string) => run(process.execPath, ['program.mjs'], { cwd: copy })

/**
 * Runs the tests beside the sources that import one of the lists, and nothing else of the repository. All others import the same
 * code as with every feature.
 */
async function runTests(copy: string): Promise<void> {
  const files = globSync('src/**/*.test.ts', { cwd: copy }).filter((file) => {
    const imported = allImportsOf(file, copy)
    return LISTS.some((list) => imported.has(join('src', list)))
  })
  assert.ok(files.length > 0)
  const args = ['--test', '--test-isolation=none', '--test-reporter=tap', ...files]
  const failed = await run(process.execPath, args, {
    cwd: copy,
    env: { PATH: process.env.PATH },
  }).then(
    () => [],
    ({ stdout }) => String(stdout).match(/^ *(?:not ok|error:|location:).*/gm),
  )
  assert.deepEqual(failed, [])
}

/** The file, and what it imports by any way. */
function allImportsOf(file: string, copy: string): ReadonlySet<string> {
  const all = new Set([file])
  for (const each of all)
    for (const path of importsOf(each, copy))
      if (path.endsWith('.ts') && existsSync(join(copy, path))) all.add(path)
  return all
}

function compilerConfig(): string {
  const { compilerOptions } = JSON.parse(readFileSync('tsconfig.json', 'utf8'))
  const incremental = { incremental: true, tsBuildInfoFile: 'types.tsbuildinfo' }
  return JSON.stringify({
    compilerOptions: { ...compilerOptions, ...incremental },
    include: ['src'],
  })
}

async function compile(copy: string): Promise<void> {
  const tsc = join(process.cwd(), 'node_modules/.bin/tsc')
  const failed = await run(tsc, ['-p', copy]).then(
    () => '',
    ({ stdout }) => String(stdout),
  )
  assert.equal(failed, '')
}
