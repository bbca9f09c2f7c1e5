import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { findCommand } from '../../src/cli/commands.ts'
import { parseWords } from '../../src/command/parse-words.ts'
import { SECRET, within } from '../server/command.ts'
import { whole } from '../server/load.ts'
import { freePort } from '../services/free-port.ts'
import { until } from '../time.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const inDeploy = (name: string): string =>
  readFileSync(join(ROOT, 'deploy', name), 'utf8')
const run = promisify(execFile)

const packages = createRequire(import.meta.url)
const { devDependencies } = JSON.parse(
  readFileSync(join(ROOT, 'package.json'), 'utf8'),
) as {
  devDependencies: Readonly<Record<string, string>>
}

test('watchword accepts every command line in deploy/', async () => {
  const lines = globSync('*', { cwd: join(ROOT, 'deploy') }).flatMap((file) =>
    [...inDeploy(file).matchAll(/watchword (start|migrate)\b(.*)$/gm)].map(
      ([, name = '', words = '']) => [name, words],
    ),
  )

  assert.ok(lines.length >= 4, `${lines.length} found`)
  for (const [name = '', words = ''] of lines) {
    const { command, rest } = await findCommand([name, ...words.split(' ')])
    parseWords(rest.filter(Boolean), command)
  }
})

test('the Procfile serves on PORT with WEB_CONCURRENCY workers, and stops on SIGTERM', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true })
  symlinkSync(join(ROOT, 'bin/watchword.js'), join(folder, 'node_modules/.bin/watchword'))
  const port = await freePort()
  const variables = {
    WATCHWORD_SECRET: SECRET,
    WATCHWORD_DATABASE: 'watchword.db',
    WEB_CONCURRENCY: '2',
  }
  writeFileSync(
    join(folder, '.env'),
    Object.entries(variables)
      .map((pair) => `${pair.join('=')}\n`)
      .join(''),
  )
  const words = [
    'start',
    '--procfile',
    join(ROOT, 'deploy/Procfile'),
    '--port',
    String(port),
    'web',
  ]
  const child = spawn(
    process.execPath,
    [join(ROOT, 'node_modules/foreman/nf.js'), ...words],
    {
      cwd: folder,
      // The shebang looks node up in PATH.
      env: { PATH: `${dirname(process.execPath)}:${process.env.PATH}` },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    },
  )
  t.after(() => {
    try {
      process.kill(-child.pid!, 'SIGKILL')
    } catch {
      // The process has exited already.
    }
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text))
  const ended = once(child, 'close')

  assert.ok(await within(120, () => output.includes('2 workers')), output)
  const statusOfFirstPage = (): Promise<string> =>
    whole({ port, path: '/', agent: false }).then(({ how }) => how)
  assert.equal(await statusOfFirstPage(), '200', output)
  assert.match(output, new RegExp(`on http://0\\.0\\.0\\.0:${port} `))

  // A platform signals the whole process group. foreman does not wait for its children.
  process.kill(-child.pid!, 'SIGTERM')
  await ended
  await until(
    async () => (await statusOfFirstPage()) === 'ECONNREFUSED',
    () => output,
  )
})

test('dockerfilelint accepts the Dockerfile, and its versions are the tested ones', async () => {
  const file = inDeploy('Dockerfile')

  const { stdout } = await run(process.execPath, [
    join(ROOT, 'node_modules/dockerfilelint/bin/dockerfilelint'),
    '--json',
    join(ROOT, 'deploy/Dockerfile'),
  ])

  assert.equal((JSON.parse(stdout) as { totalIssues: number }).totalIssues, 0, stdout)
  for (const name of ['node', 'pg', 'ioredis']) {
    const version = devDependencies[name]
    assert.ok(
      file.includes(`${name}@${version}`) || file.includes(`FROM ${name}:${version}-`),
      `${name} ${version}`,
    )
  }
  assert.match(file, /^USER node$/m)
  assert.match(file, /^HEALTHCHECK .*\n.*\/health\/live/m)
})

test('Dockerfile.dockerignore keeps every file that the package is built from', async () => {
  const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    files: readonly string[]
  }
  const kept: readonly string[] =
    inDeploy('Dockerfile.dockerignore').match(/(?<=^!).+$/gm) ?? []

  const missing = [
    ...files,
    'src',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'tsdown.config.ts',
    'tools',
  ].filter((file) => file !== 'dist' && !kept.includes(file))

  assert.deepEqual(missing, [])
})

test('systemd accepts the unit and rates its exposure below 2', async (t) => {
  if (!existsSync('/usr/bin/systemd-analyze'))
    return t.skip('systemd is not installed here')
  const folder = mkdtempSync(join(tmpdir(), 'watchword-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'watchword.service')
  // systemd-analyze checks that the program exists.
  writeFileSync(
    file,
    inDeploy('watchword.service').replace('/usr/bin/watchword', process.execPath),
  )

  const verified = await run('systemd-analyze', ['verify', file])
  const security = await run('systemd-analyze', [
    'security',
    '--offline=true',
    '--no-pager',
    '--threshold=20',
    file,
  ])

  assert.equal(verified.stderr, '')
  assert.match(
    security.stdout,
    /Overall exposure level for watchword\.service: [01]\.\d OK/,
  )
})

interface Service {
  readonly image?: string
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly volumes?: readonly string[]
}

test('the services of the Compose file refer to existing services and volumes', () => {
  // The YAML parser of a tool that is installed anyway.
  const { safeLoad } = createRequire(packages.resolve('dockerfilelint/package.json'))(
    'js-yaml',
  ) as {
    safeLoad(text: string): unknown
  }
  const { services, volumes } = safeLoad(inDeploy('compose.yaml')) as {
    readonly services: Readonly<Record<string, Service>>
    readonly volumes: Readonly<Record<string, null>>
  }

  const { watchword, ...others } = services
  const { build, command = [], environment = {}, depends_on = {} } = watchword!
  assert.ok(existsSync(join(ROOT, 'deploy', build!.context, build!.dockerfile)))
  assert.equal(command[0], 'start')
  for (const [name, { condition }] of Object.entries(depends_on)) {
    assert.equal(condition, 'service_healthy')
    assert.ok(others[name]?.healthcheck, name)
  }
  for (const [, host = ''] of Object.values(environment)
    .join('\n')
    .matchAll(/(?:@|redis:\/\/)(\w+)/g)) {
    assert.ok(Object.hasOwn(others, host), host)
  }
  for (const { volumes: used = [] } of Object.values(services)) {
    for (const volume of used)
      assert.ok(Object.hasOwn(volumes, volume.split(':')[0] ?? ''), volume)
  }
  for (const needed of ['WATCHWORD_SECRET', 'WATCHWORD_DATABASE']) {
    assert.match(
      environment[needed] ?? '',
      /\$\{[A-Z_]+:\?/,
      `${needed} must have no default`,
    )
  }
})
