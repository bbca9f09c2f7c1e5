import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { AuthError, ERRORS, type ErrorCode } from '../../src/base/errors.ts'
import { allCommands } from '../../src/cli/commands.ts'
import { oauthError } from '../../src/features/oauth/oauth-error.ts'
import { LIMITS } from '../../src/server/connection-limits.ts'

const read = (path: string): string => readFileSync(path, 'utf8')
const pages = [...globSync('*.md'), ...globSync('docs/*.md')]

/** The fragment of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')

const anchorsIn = (page: string): string[] =>
  [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading))

test('the links of the pages have targets', () => {
  const broken: string[] = []
  for (const page of pages) {
    for (const [, target = ''] of read(page).matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? page : join(dirname(page), path)
      const isThere =
        existsSync(file) && (anchor === undefined || anchorsIn(file).includes(anchor))
      if (!isThere) broken.push(`${page} -> ${target}`)
    }
  }
  assert.deepEqual(broken, [])
})

test('the links of the pages have targets once the package is installed', () => {
  const { files } = JSON.parse(read('package.json')) as { files: readonly string[] }
  // npm adds these to every package.
  const packed = [...files, 'README.md', 'LICENSE', 'package.json']
  const missing: string[] = []
  for (const page of pages) {
    for (const [, target = ''] of read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      const file = join(dirname(page), target)
      if (!packed.some((each) => file === each || file.startsWith(`${each}/`)))
        missing.push(`${page} -> ${target}`)
    }
  }
  assert.deepEqual(missing, [])
})

test('the table of layers in CONTRIBUTING is that of the layer test', () => {
  const rows = read('CONTRIBUTING.md').matchAll(/^\| (\d+) \| (.+?) \|/gm)
  const written = [...rows].flatMap(([, layer, parts = '']) =>
    [...parts.matchAll(/`([\w.-]+)\/?`/g)].map(([, part]) => `${layer} ${part}`),
  )
  const [, layers = ''] =
    /^const LAYERS = \[\n(.*?)^\]/ms.exec(read('test/layers.test.ts')) ?? []
  const tested = layers
    .trim()
    .split('\n')
    .flatMap((line, i) =>
      [...line.matchAll(/'([\w.-]+)'/g)].map(([, part]) => `${i + 1} ${part}`),
    )
  assert.deepEqual(written.sort(), tested.sort())
})

test('the page of measurements names every bench', () => {
  const [, named = ''] =
    /^npm run bench -- (\w+ +# or .*)$/m.exec(read('docs/measurements.md')) ?? []
  const benches = [...read('bench/run.ts').matchAll(/^ {2}(\w+): async/gm)]
  assert.deepEqual(
    named
      .match(/\w+/g)
      ?.filter((word) => word !== 'or')
      .sort(),
    benches.map(([, name]) => name).sort(),
  )
})

test('the page of reliability has a row for every trial', () => {
  const trials = globSync('test/reliability/!(*.test).ts').flatMap((file) =>
    [...read(file).matchAll(/^ {2}name: '(\w.*)',$/gm)].map(([, name]) => name),
  )
  const rows = [...read('docs/reliability.md').matchAll(/^\| (\w\S*) \| (.*) \|$/gm)]
  const listed = rows
    .filter(([, name, promise = '']) => name !== 'trial' && !promise.includes('npm test'))
    .map(([, name]) => name)
  assert.ok(trials.length >= 25)
  assert.deepEqual(
    listed.filter((name = '') => /^[A-Z]\d/.test(name)).sort(),
    trials.sort(),
  )
})

test('a code of a rule, a deviation or a trial has one meaning, which a page gives', () => {
  const comments = globSync('src/**/!(*.test).ts').flatMap((file) =>
    read(file)
      .split('\n')
      .filter((line) => /^\s*(\*|\/\/|\/\*\*)/.test(line)),
  )
  const cited = comments.flatMap((line) =>
    [...line.matchAll(/(?:\(|, |rule )([A-Z])(\d{1,2})(?=[),])/g)].map(
      ([, letter = '', number = '']) => ({ letter, code: letter + number }),
    ),
  )
  const explained = read('docs/deviations.md') + read('docs/reliability.md')
  const isExplained = ({ letter, code }: (typeof cited)[number]): boolean =>
    explained.includes(`\n| ${'DR'.includes(letter) ? code : letter} |`)
  assert.ok(cited.length >= 50)
  assert.deepEqual(
    cited.filter((each) => !isExplained(each)).map(({ code }) => code),
    [],
  )
  const first = [...explained.matchAll(/^\| ([A-Z]\d+) \|/gm)].map(([, code]) => code)
  assert.deepEqual(
    first.filter((code, i) => first.indexOf(code) !== i),
    [],
  )
})

test('prose has at most 140 columns', () => {
  const long = pages.flatMap((page) =>
    read(page)
      .replace(/^```.*?^```$/gms, (block) => block.replace(/.+/g, ''))
      .split('\n')
      .map((line, i) => ({ line, at: `${page}:${i + 1}` }))
      .filter(({ line }) => line.length > 140 && !line.startsWith('|')),
  )
  assert.deepEqual(
    long.map(({ at }) => at),
    [],
  )
})

test('the page of the command names every command', async () => {
  const rows = read('docs/command.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
  const named = rows.flatMap((row) => [
    ...(row.split('|')[1] ?? '').matchAll(
      /`([a-z]+(?:-[a-z]+)*(?: [a-z]+(?:-[a-z]+)*)?)/g,
    ),
  ])
  const names = Object.keys(await allCommands())
  assert.deepEqual(
    [
      ...new Set(
        named.map(([, name]) => name).filter((name) => names.includes(name ?? '')),
      ),
    ].sort(),
    [...names].sort(),
  )
})

test('every exported permission and scheme is documented, and so are the named throttles', () => {
  const rows = (page: string): string =>
    read(page)
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .join('\n')
  const exportedBy = (file: string): readonly string[] =>
    [...read(file).matchAll(/^export \{(.*?)\}/gms)].flatMap(([, names = '']) =>
      names
        .split(',')
        .map((name) => name.trim())
        .filter((name) => /^[a-z]\w+$/.test(name)),
    )
  const unnamed = (names: readonly string[], text: string): readonly string[] =>
    names.filter((name) => !new RegExp(`\\b${name}\\b`).test(text))
  assert.deepEqual(
    unnamed(exportedBy('src/permissions/index.ts'), read('docs/permissions.md')),
    [],
  )
  assert.deepEqual(
    unnamed(exportedBy('src/authentication.ts'), rows('docs/authentication.md')),
    [],
  )
  assert.deepEqual(unnamed(['anon', 'user', 'login'], rows('docs/throttling.md')), [])
})

test('the page of browsers has a row for every option of session()', () => {
  const page = read('docs/browser-sessions.md')
  const [, body = ''] =
    /interface SessionOptions \{\n(.*?)^\}/ms.exec(
      read('src/features/browser-sessions/scheme.ts'),
    ) ?? []
  const options = [...body.matchAll(/^ {2}readonly (\w+)\?/gm)].map(
    ([, name = '']) => name,
  )
  assert.ok(options.length >= 5)
  const missing = options.filter((name) => !page.includes(`\n| \`${name}\` |`))
  assert.deepEqual(missing, [])
})

test('the page of checking elsewhere has a row for every option and every code', () => {
  const rows = read('docs/verify.md')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .join('\n')
  const [, body = ''] =
    /interface VerifierOptions \{\n(.*?)^\}/ms.exec(read('src/verify/options.ts')) ?? []
  const options = [...body.matchAll(/^ {2}readonly (\w+)\?/gm)].map(
    ([, name = '']) => name,
  )
  assert.ok(options.length >= 14)
  // The last two are for tests.
  assert.deepEqual(
    options.filter(
      (name) => !['clock', 'elapsed'].includes(name) && !rows.includes(`\`${name}\``),
    ),
    [],
  )
  const [, thrown = ''] =
    /@throws AuthError, with(.*?)\*\//s.exec(read('src/verify/verifier.ts')) ?? []
  const codes = [
    ...thrown.matchAll(/[a-z]+_[a-z_]+|\b(?:malformed|expired|revoked)\b/g),
  ].map(([code]) => code)
  assert.ok(codes.length >= 15)
  assert.deepEqual(
    codes.filter((code) => !rows.includes(`\`${code}\``)),
    [],
  )
})

test('each error of the OAuth endpoints is explained, and says what to do', () => {
  const [, section = ''] = read('docs/oauth-provider.md').split('\n## Errors\n')
  const [, table = ''] = section.split('|---|---|\n')
  const rows = [...table.matchAll(/^\| (`.*?`) \| (.*) \|$/gm)]
  const explained = rows.flatMap(([, names = '']) =>
    names.replaceAll('`', '').split(', '),
  )
  const codes = Object.keys(ERRORS) as ErrorCode[]
  const sent = codes.map((code) => {
    const { error } = oauthError(new AuthError(code)).body as { readonly error: string }
    return error
  })
  assert.deepEqual(explained.toSorted(), [...new Set(sent)].toSorted())
  for (const [, names, text = ''] of rows) assert.match(text, /: /, names)
})

test('the messages under Troubleshooting are those of the source', () => {
  const [ours = ''] = read('docs/troubleshooting.md').split('## TypeScript')
  const cells = [...ours.matchAll(/^\| ((?:\d+ )?`.*?) \|/gm)].map(
    ([, cell = '']) => cell,
  )
  const messages = cells.flatMap((cell) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, message = '']) => message),
  )
  const source = globSync('src/**/*.ts')
    .map(read)
    .join('\n')
    .replaceAll("\\'", "'")
    .replaceAll(/'\s*\+\s*'/g, '')
  const unknown = messages.filter((message) =>
    message.split('…').some((part) => !source.includes(part.trim())),
  )
  assert.ok(messages.length > 25)
  assert.deepEqual(unknown, [])
})

test('the page of frameworks has a row for every adapter', () => {
  const page = read('docs/adapters.md')
  const others = [
    '.',
    './jwt',
    './permissions',
    './authentication',
    './pages',
    './presets',
    './testing',
    './verify',
    './client',
    './sign',
    './react',
    './vue',
    './angular',
  ]
  const adapters = Object.keys(JSON.parse(read('package.json')).exports)
    .filter((name) => !others.includes(name))
    .map((name) => name.replace('./', 'watchword/'))
  assert.deepEqual(
    adapters.filter((name) => !page.includes(`| [\`${name}\`]`)),
    [],
  )
  assert.ok(adapters.length >= 7)
})

// One digit may be a row of "rule D", too.
test('every deviation of two digits that the code names has its row', () => {
  const page = read('docs/deviations.md')
  const named = globSync('src/**/*.ts').flatMap((file) => [
    ...read(file).matchAll(/\bD(\d\d)\b/g),
  ])
  const without = named.filter(([name]) => !page.includes(`| ${name} |`))
  assert.deepEqual([...new Set(without.map(([name]) => name))], [])
})

test('the limits on the page of the command are those of the server', () => {
  const page = read('docs/command.md')
  const {
    headersTimeout,
    requestTimeout,
    timeout,
    keepAliveTimeout,
    maxConnections,
    maxRequestsPerSocket,
  } = LIMITS
  for (const limit of [
    `16 KiB, within ${headersTimeout / 1000} seconds`,
    `body 64 KiB, within ${requestTimeout / 1000} seconds`,
    `${timeout / 1000} seconds; idle between requests ${keepAliveTimeout / 1000} seconds`,
    `${maxConnections.toLocaleString('en')}; ${maxRequestsPerSocket.toLocaleString('en')}`,
  ]) {
    assert.ok(page.includes(limit), limit)
  }
})
