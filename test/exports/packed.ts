import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import { isBuiltin } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { openBrowser } from '../services/chromium.ts'

const run = promisify(execFile)

/** The package as npm publishes it, unpacked outside of the repository. Run by `npm run exports`, after the build. */
const place = mkdtempSync(join(tmpdir(), 'watchword-packed-'))
after(() => rmSync(place, { recursive: true, force: true }))
await run('npm', ['pack', '--ignore-scripts', '--pack-destination', place])
await run('sh', ['-c', 'tar -xzf watchword-*.tgz'], { cwd: place })
symlinkSync(resolve('node_modules'), join(place, 'package', 'node_modules'))

const BIN = join(place, 'package', 'bin', 'watchword.js')

/** Types a command and gives it standard input. */
async function type(words: readonly string[], input: string) {
  const child = spawn(process.execPath, [BIN, ...words], { cwd: place, timeout: 10_000 })
  const ended = once(child, 'close')
  child.stdin.end(input)
  const [out, err] = await Promise.all([child.stdout.toArray(), child.stderr.toArray()])
  await ended
  return { code: child.exitCode, out: out.join(''), err: err.join('') }
}

const PACKAGE = join(place, 'package')
const read = (file: string): string => readFileSync(join(PACKAGE, file), 'utf8')
const manifest = JSON.parse(read('package.json'))
const SUBPATHS = Object.keys(manifest.exports).map((name) =>
  name.replace('.', 'watchword'),
)

/** The package in a project without other packages. */
const bare = join(place, 'bare')
mkdirSync(join(bare, 'node_modules'), { recursive: true })
cpSync(PACKAGE, join(bare, 'node_modules', 'watchword'), {
  recursive: true,
  filter: (path) => basename(path) !== 'node_modules',
})
/** Every subpath except those that import their framework. */
const ALONE = SUBPATHS.filter((name) => !/\/(nest|react|vue|angular)$/.test(name))

/** Runs a program in the bare project. @returns its output */
async function printed(program: string, node = process.execPath): Promise<string> {
  const { stdout } = await run(node, ['--eval', program], { cwd: bare })
  return stdout
}

test('each subpath can be imported and required without any other package', async () => {
  const program = `
    const names = ${JSON.stringify(ALONE)}
    const counts = names.map((name) => Object.keys(require(name)).length)
    Promise.all(names.map((name) => import(name))).then((found) =>
      console.log(found.every((each, i) => counts[i] > 0 && Object.keys(each).length >= counts[i])))`
  assert.equal(await printed(program), 'true\n')
})

test('watchword/nest can be imported if Nest is installed', async () => {
  const program = `import('watchword/nest').then((found) => console.log(Object.keys(found).length > 0))`
  const { stdout } = await run(process.execPath, ['--eval', program], { cwd: PACKAGE })
  assert.equal(stdout, 'true\n')
})

test('on an older Node.js every subpath except those for browsers and watchword/verify names the version that it needs', async (t) => {
  const older = await anOlderNode()
  if (older === undefined)
    return t.skip('no Node.js older than 24.7 in /usr/bin or /usr/local/bin')
  const names = ALONE.filter((name) => !/\/(verify|client|sign)$/.test(name))
  const program = `
    const names = ${JSON.stringify(names)}
    const messageOf = ({ message }) => message
    Promise.all(names.map((name) => import(name).then(() => name, messageOf))).then((all) =>
      console.log(JSON.stringify([...new Set(all)])))`
  const [first = '', ...others] = JSON.parse(await printed(program, older))
  assert.deepEqual(others, [])
  assert.match(
    first,
    /^watchword needs Node\.js 24\.7 or later; this is \d+\.\d+\.\d+\. Get one from \S+$/,
  )
})

/** The first installed Node.js that is too old. */
async function anOlderNode(): Promise<string | undefined> {
  for (const path of ['/usr/bin/node', '/usr/local/bin/node']) {
    if (!existsSync(path)) continue
    const { stdout } = await run(path, ['--version'])
    const [, major, minor] = /^v(\d+)\.(\d+)/.exec(stdout)?.map(Number) ?? []
    if (
      major !== undefined &&
      minor !== undefined &&
      (major < 24 || (major === 24 && minor < 7))
    )
      return path
  }
  return undefined
}

const namedIn = (code: string): readonly string[] =>
  [
    ...withoutComments(code).matchAll(/\b(?:from|import)\s*\(?\s*["']([\w@./:-]+)["']/g),
  ].map(([, name = '']) => name)
const withoutComments = (code: string): string =>
  code.replace(/\/\*.*?\*\/|^\s*\/\/.*$/gms, '')

/** The static imports of a built file and of the files that it imports. */
function reached(
  file: string,
  seen = new Map<string, readonly string[]>(),
): ReadonlyMap<string, readonly string[]> {
  if (seen.has(file)) return seen
  const found = namedIn(read(file))
  seen.set(file, found)
  for (const name of found.filter((each) => each.startsWith('.')))
    reached(join(dirname(file), name), seen)
  return seen
}

test('watchword/verify imports no module of Node.js', () => {
  const files = reached('dist/verify.js')
  assert.deepEqual([...files.keys()].sort(), [
    'dist/chunks/base.js',
    'dist/chunks/verify.js',
    'dist/verify.js',
  ])
  const foreign = [...files.values()].flat().filter((name) => !name.startsWith('.'))
  assert.deepEqual(foreign, [])
  for (const file of files.keys()) assert.doesNotMatch(read(file), /getBuiltinModule/)
})

test('a subpath for browsers is one file', () => {
  for (const name of ['client', 'sign', 'react', 'vue', 'angular']) {
    const file = `dist/${name}.js`
    assert.deepEqual([...reached(file).keys()], [file])
  }
})

test('without comments the declarations of the client have less than 5,200 bytes, and those of a binding 1,000', () => {
  const sizeOf = (file: string): number =>
    withoutComments(read(file)).replace(/^\s+/gm, '').length
  const [types = ''] = globSync('dist/chunks/browser-types.d.ts', { cwd: PACKAGE })
  const size = sizeOf('dist/client.d.ts') + sizeOf(types)
  assert.ok(size < 5200, `${size} bytes`)
  for (const name of ['react', 'vue', 'angular'])
    assert.ok(read(`dist/${name}.d.ts`).length < 1000, name)
})

/** What is typed in a program for browsers, and in one for React Native, where other types declare `fetch`. */
const PROGRAM_OF_CLIENT = `
import { AuthError, createClient, dpop, interceptor, passkeys, storedIn } from 'watchword/client'
const storage = storedIn({ get: () => undefined, set() {}, remove() {} })
const client = createClient<{ id: string }>('https://api.example.com', { storage, proof: dpop() })
export const send: typeof fetch = client.fetch
export const name: string | undefined = client.user?.id
export const codeOf = (error: unknown): string => (error instanceof AuthError ? error.code : '')
export const parts: readonly object[] = [interceptor(client), passkeys(client)]
`

const MATRIX: readonly (readonly [string, readonly string[]])[] = [
  ['a browser', ['--lib', 'es2022,dom', '--types', '']],
  ['an engine without a document', ['--lib', 'es2022', '--types', 'node']],
  ['a bundler', ['--lib', 'es2022,dom', '--types', '', '--moduleResolution', 'bundler']],
  [
    'loose optional members',
    ['--lib', 'es2022,dom', '--exactOptionalPropertyTypes', 'false'],
  ],
]

for (const [name, options] of MATRIX)
  test(`the declarations of the client compile for ${name}`, async () => {
    writeFileSync(join(bare, 'program.ts'), PROGRAM_OF_CLIENT)
    const { stdout } = await run(
      process.execPath,
      [
        ...[resolve('node_modules/typescript/bin/tsc'), '--ignoreConfig', '--noEmit'],
        ...['--strict', '--exactOptionalPropertyTypes', '--isolatedDeclarations'],
        ...['--declaration', '--skipLibCheck', 'false', '--target', 'es2022'],
        ...['--module', options.includes('bundler') ? 'esnext' : 'nodenext'],
        ...['--typeRoots', resolve('node_modules/@types'), ...options, 'program.ts'],
      ],
      { cwd: bare },
    ).catch((error) => error)
    assert.equal(stdout, '')
  })

test('Chromium imports the client as one file, and the root of the package names it', async (t) => {
  const server = createServer(({ url = '' }, response) => {
    const [, name = ''] = /^\/([\w-]+\.js)$/.exec(url) ?? []
    response.setHeader('content-type', name ? 'text/javascript' : 'text/html')
    response.end(name ? read(`dist/${name}`) : '<!doctype html><title>Page</title>')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close())
  const browser = await openBrowser(t)
  if (browser === undefined) return t.skip('Chromium is not installed')
  const page = await browser.newPage()
  const { port } = server.address() as AddressInfo
  await page.goto(`http://127.0.0.1:${port}/`)
  const status = await page.evaluate(
    `import('/client.js').then(async ({ createClient, tabStorage }) => {
      const client = createClient('/', { storage: tabStorage })
      await client.ready
      return client.state.status
    })`,
  )
  assert.equal(status, 'signedOut')
  const message = await page.evaluate(
    `import('/${basename(manifest.exports['.'].browser)}').catch(({ message }) => message)`,
  )
  assert.match(String(message), /in a browser import "watchword\/client"/)
})

test('code and declarations of a subpath import only its framework', () => {
  /** The packages that each subpath needs. */
  const OWN: Readonly<Record<string, RegExp>> = {
    express: /^express$/,
    fastify: /^fastify$/,
    hono: /^hono$/,
    nest: /^@nestjs\/common$/,
    next: /^next\/\w+\.js$/,
    react: /^react$/,
    vue: /^vue$/,
    angular: /^(@angular\/(core|common\/http)|rxjs)$/,
  }
  for (const name of Object.keys(manifest.exports).map(
    (each) => each.replace(/^\.\/?/, '') || 'index',
  )) {
    const code = [...reached(`dist/${name}.js`).values()].flat()
    const types = declared(`dist/${name}.d.ts`)
    const foreign = [...code, ...types].filter(
      (each) => !each.startsWith('.') && !isBuiltin(each) && !OWN[name]?.test(each),
    )
    assert.deepEqual(foreign, [], name)
  }
})

/** The imports of a declaration file, and of the files that it imports. */
function declared(file: string, seen = new Set<string>()): readonly string[] {
  if (seen.has(file)) return []
  seen.add(file)
  const found = namedIn(read(file))
  const inner = found.filter((each) => each.startsWith('.'))
  return [
    ...found,
    ...inner.flatMap((each) =>
      declared(join(dirname(file), each.replace(/js$/, 'd.ts')), seen),
    ),
  ]
}

// V8 keeps a file with one other character in twice the memory.
test('every character of the code is ASCII', () => {
  const files = globSync('dist/**/*.js', { cwd: PACKAGE })
  assert.ok(files.includes('dist/chunks/watchword.js'))
  const found = files.flatMap((file) =>
    [...read(file).matchAll(/\P{ASCII}/gu)].map(([character]) => `${file}: ${character}`),
  )
  assert.deepEqual(found, [])
})

test('bundled packages are listed with their licences', () => {
  const text = read('dist/THIRD-PARTY-LICENSES')
  const named = [...text.matchAll(/^(\S+) \d\S+ \(MIT\)$/gm)].map(([, name]) => name)
  assert.deepEqual(named, [
    'hono',
    'ipaddr.js',
    'kysely',
    'lean-qr',
    'structured-headers',
    'zod',
  ])
  assert.match(text, /Django Software Foundation/)
})

test('the supervisor of worker processes loads neither the instance nor its packages', () => {
  const files = [
    ...reached('dist/cli.js').keys(),
    ...reached('dist/chunks/supervisor.js').keys(),
  ]
  assert.ok(files.includes('dist/chunks/cli.js'))
  assert.deepEqual(
    files.filter((file) => /watchword|server|store/.test(file)),
    [],
  )
})

/** Words that only pages have: the texts of accounts, the console, and the frame of each document, the browsable API's included. */
const OF_PAGES = [
  'The first step is done.',
  'Refreshes and revocations',
  '<meta name="viewport"',
]

test('what a program and a server load at their start makes no page', () => {
  const entries = ['index', 'cli', 'worker', 'chunks/serve', 'chunks/server']
  const started = new Set(
    entries.flatMap((name) => [...reached(`dist/${name}.js`).keys()]),
  )
  assert.ok(started.has('dist/chunks/watchword.js'))
  const files = globSync('dist/**/*.js', { cwd: PACKAGE })
  for (const words of OF_PAGES) {
    const having = files.filter((file) => read(file).includes(words))
    assert.notDeepEqual(having, [], words)
    assert.deepEqual(
      having.filter((file) => started.has(file)),
      [],
      words,
    )
  }
})

test('a worker process loads nothing of the command line', () => {
  const files = [
    ...reached('dist/worker.js').keys(),
    ...reached('dist/chunks/serve.js').keys(),
    ...reached('dist/chunks/server.js').keys(),
  ]
  assert.ok(files.includes('dist/chunks/watchword.js'))
  assert.ok(!files.includes('dist/chunks/cli.js'), files.join())
})

test('bundlers leave each import alone whose module is known at run time only', () => {
  // Not methods of that name.
  const computed = /(?<![.\w]|async )import\((?!["'`])[\s\S]{0,120}/g
  const imports = globSync('dist/**/*.js', { cwd: PACKAGE }).flatMap(
    (file) => read(file).match(computed) ?? [],
  )
  assert.notDeepEqual(imports, [])
  const ignored = /webpackIgnore: true.*turbopackIgnore: true.*@vite-ignore/s
  assert.deepEqual(
    imports.filter((text) => !ignored.test(text)),
    [],
  )
})

test('built files are ASCII, and import no module of Node.js', () => {
  const files = globSync('dist/**/*.js', { cwd: PACKAGE })
  assert.ok(files.length > 30)
  for (const file of files) {
    const code = read(file)
    assert.doesNotMatch(code, /[^\0-\x7f]/, file)
    assert.deepEqual(namedIn(code).filter(isBuiltin), [], file)
  }
})

test('compiled code is kept for the user of the process, and HOME does not count', async () => {
  const { homedir } = userInfo()
  await run(process.execPath, [BIN, 'version'], { env: { HOME: place } })

  assert.ok(!existsSync(join(place, '.cache')))
  assert.ok(readdirSync(join(homedir, '.cache', 'watchword')).length > 0)
})

test('compiled code in a folder that others can write to is not run', async () => {
  const folder = join(userInfo().homedir, '.cache', 'watchword')
  const isUsed = async (mode: number): Promise<boolean> => {
    chmodSync(folder, mode)
    const env = { NODE_DEBUG_NATIVE: 'COMPILE_CACHE' }
    const { stdout, stderr } = await run(process.execPath, [BIN, 'version'], { env })
    return /compile cache/i.test(stdout + stderr)
  }
  try {
    assert.deepEqual([await isUsed(0o700), await isUsed(0o722)], [true, false])
  } finally {
    chmodSync(folder, 0o700)
  }
})

test('without prom-client the option --metrics says what to install', async () => {
  const bin = join(bare, 'node_modules', 'watchword', 'bin', 'watchword.js')
  const words = ['start', '--workers', '1', '--port', '0', '--metrics', '9']
  const env = {
    PATH: process.env.PATH,
    WATCHWORD_SECRET: 'k9J2-vw81-Zpq0-77xY-mmT4-aaB3-Ld0e',
  }
  await assert.rejects(
    run(process.execPath, [bin, ...words], { cwd: bare, env, timeout: 20_000 }),
    {
      code: 1,
      stderr:
        'The option --metrics needs the package "prom-client", which is not installed. Type: npm install prom-client\n',
    },
  )
})

test('relative links of the pages are files of the package', () => {
  const pages = globSync('{*,docs/**/*}.md', { cwd: PACKAGE })
  assert.ok(
    pages.includes('README.md') &&
      pages.includes('CHANGELOG.md') &&
      pages.includes('docs/start.md'),
  )
  const dead = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)]
      .map(([, link = '']) => link)
      .filter((link) => !existsSync(join(PACKAGE, dirname(page), link)))
      .map((link) => `${page}: ${link}`),
  )
  assert.deepEqual(dead, [])
})

test('the command creates a user, and rejects a common password', async () => {
  assert.deepEqual(await type(['user', 'create', 'ada'], 'qhr4-7mzt-w2pd-x9kc'), {
    code: 0,
    out: 'Created ada.\n',
    err: '',
  })
  assert.match(
    (await type(['user', 'create', 'bob'], 'princess1')).err,
    /^password: This password is too common\.$/m,
  )
})
