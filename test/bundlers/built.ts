import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Packages of the bundlers, which `npm run bundlers` installs. */
const HERE = import.meta.dirname
const TOOLS = join(HERE, 'node_modules')
const BUN = join(TOOLS, '@oven/bun-linux-x64/bin/bun')

/** The published tarball, installed in a project outside of this repository, without peer dependencies. */
const place = mkdtempSync(join(tmpdir(), 'watchword-bundlers-'))
after(() => rmSync(place, { recursive: true, force: true, maxRetries: 5 }))
const project = join(place, 'project')
await install(project)

async function install(folder: string): Promise<void> {
  const packed = join(place, 'packed')
  if (!existsSync(packed)) {
    mkdirSync(packed)
    await run('npm', ['pack', '--ignore-scripts', '--pack-destination', packed])
    await run('sh', ['-c', 'tar -xzf watchword-*.tgz'], { cwd: packed })
  }
  mkdirSync(join(folder, 'node_modules'), { recursive: true })
  cpSync(join(packed, 'package'), join(folder, 'node_modules', 'watchword'), {
    recursive: true,
  })
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }')
}

cpSync(join(HERE, 'program/server.js'), join(project, 'server.js'))

/** A way to build `server.js` of the project into a folder. */
interface Bundler {
  readonly name: string
  /** The file in the folder that is run. */
  readonly output: string
  /** The runtime. Default: Node.js. */
  readonly runtime?: string
  readonly options?: readonly string[]
  build(folder: string): Promise<unknown>
}

/** Configurations are programs of the tools' own folder, where their plugins are. */
const inline = (program: string, ...args: readonly string[]): Promise<unknown> =>
  run(
    process.execPath,
    ['--input-type=module', '--eval', program, '--', project, ...args],
    { cwd: HERE },
  )

const rollup = (format: 'es' | 'cjs') => (folder: string) =>
  inline(
    `import { rollup } from 'rollup'
    import resolve from '@rollup/plugin-node-resolve'
    const [project, dir] = process.argv.slice(1)
    const onwarn = ({ code, message }) => {
      if (code !== 'CIRCULAR_DEPENDENCY') throw new Error(message)
    }
    const bundle = await rollup({ input: project + '/server.js', plugins: [resolve({ preferBuiltins: true })], external: /^node:/, onwarn })
    await bundle.write({ dir, format: '${format}', entryFileNames: '[name].${format === 'es' ? 'mjs' : 'cjs'}', chunkFileNames: '[name].${format === 'es' ? 'mjs' : 'cjs'}' })`,
    folder,
  )

/** A warning fails the test. */
const esbuild = (format: 'esm' | 'cjs', file: string) => (folder: string) =>
  inline(
    `import { build } from 'esbuild'
    const [absWorkingDir, outfile] = process.argv.slice(1)
    const { warnings } = await build({
      absWorkingDir, outfile, entryPoints: ['server.js'], bundle: true, platform: 'node', format: '${format}',
    })
    if (warnings.length > 0) throw new Error(warnings.map(({ text }) => text).join())`,
    join(folder, file),
  )

const BUNDLERS: readonly Bundler[] = [
  { name: 'esbuild, ESM', output: 'server.mjs', build: esbuild('esm', 'server.mjs') },
  {
    name: 'esbuild, CommonJS',
    output: 'server.cjs',
    build: esbuild('cjs', 'server.cjs'),
  },
  { name: 'Rollup, ESM', output: 'server.mjs', build: rollup('es') },
  { name: 'Rollup, CommonJS', output: 'server.cjs', build: rollup('cjs') },
  {
    name: 'webpack',
    output: 'main.cjs',
    build: (folder) =>
      inline(
        `import webpack from 'webpack'
        const [project, path] = process.argv.slice(1)
        const output = { path, filename: '[name].cjs', chunkFilename: '[name].cjs' }
        const stats = await new Promise((resolve, reject) =>
          webpack({ mode: 'production', target: 'node24', context: project, entry: './server.js', output }, (error, stats) =>
            error ? reject(error) : resolve(stats)))
        const { errors, warnings } = stats.toJson()
        if (errors.length + warnings.length > 0) throw new Error([...errors, ...warnings].map(({ message }) => message).join())`,
        folder,
      ),
  },
  {
    name: 'Vite, SSR',
    output: 'server.js',
    build: (folder) =>
      inline(
        `import { build } from 'vite'
        const [root, outDir] = process.argv.slice(1)
        await build({
          root, configFile: false, logLevel: 'warn', ssr: { noExternal: true, target: 'node' },
          build: { ssr: 'server.js', outDir, emptyOutDir: false },
        })`,
        folder,
      ),
  },
  {
    name: 'Bun, for Node.js',
    output: 'server.js',
    build: (folder) =>
      run(BUN, ['build', 'server.js', '--target=node', `--outdir=${folder}`], {
        cwd: project,
      }),
  },
  {
    name: 'Bun, for itself',
    output: 'server.js',
    runtime: BUN,
    // Otherwise it downloads missing packages.
    options: ['--no-install'],
    build: (folder) =>
      run(BUN, ['build', 'server.js', '--target=bun', `--outdir=${folder}`], {
        cwd: project,
      }),
  },
]

const SECRET = 'a secret of more than thirty-two characters'
const ADDRESS = 'postgres://ada:lovelace@127.0.0.1:1/notes'

for (const {
  name,
  output,
  runtime = process.execPath,
  options = [],
  build,
} of BUNDLERS) {
  const skip =
    name.startsWith('Bun') && !existsSync(BUN)
      ? 'Bun is not installed: this is not Linux on x64'
      : false
  test(name, { skip, timeout: 600_000 }, async (t) => {
    const folder = mkdtempSync(join(place, 'built-'))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    await build(folder)
    const start = (database: string) =>
      spawn(runtime, [...options, join(folder, output)], {
        cwd: folder,
        env: { PATH: process.env.PATH, WATCHWORD_SECRET: SECRET, DATABASE: database },
        stdio: ['ignore', 'pipe', 'pipe'],
      })

    await t.test('signs in, guards a route and creates users', async (t) => {
      const server = start('watchword.db')
      t.after(() => server.kill('SIGKILL'))
      await useOf(await urlOf(server))
    })

    await t.test('a peer that is not installed is named, with what to type', async () => {
      assert.match(
        await saidBy(start(ADDRESS)),
        /needs the package "pg", .*\. Type: npm install pg$/m,
      )
    })

    await t.test('a peer that is installed beside the bundle is found', async () => {
      const pg = join(folder, 'node_modules', 'pg')
      mkdirSync(pg, { recursive: true })
      writeFileSync(join(pg, 'package.json'), '{ "name": "pg", "main": "index.cjs" }')
      writeFileSync(join(pg, 'index.cjs'), `throw new Error('the peer was found')`)
      assert.match(await saidBy(start(ADDRESS)), /the peer was found/)
    })
  })
}

/** Programs for browsers, built without any framework that a binding would need. */
const BROWSER_BUILDS: readonly {
  readonly name: string
  build(entry: string, folder: string): Promise<unknown>
}[] = [
  {
    name: 'esbuild',
    build: (entry, folder) =>
      inline(
        `import { build } from 'esbuild'
        const [absWorkingDir, entry, outdir] = process.argv.slice(1)
        const { warnings } = await build({ absWorkingDir, outdir, entryPoints: [entry], bundle: true, minify: true, format: 'esm', platform: 'browser', logLevel: 'silent' })
        if (warnings.length > 0) throw new Error(warnings.map(({ text }) => text).join())`,
        entry,
        folder,
      ),
  },
  {
    name: 'Rollup',
    build: (entry, folder) =>
      inline(
        `import { rollup } from 'rollup'
        import resolve from '@rollup/plugin-node-resolve'
        const [project, entry, dir] = process.argv.slice(1)
        const onwarn = ({ message }) => { throw new Error(message) }
        const bundle = await rollup({ input: project + '/' + entry, plugins: [resolve({ browser: true })], onwarn })
        await bundle.write({ dir, format: 'es' })`,
        entry,
        folder,
      ),
  },
  {
    name: 'webpack',
    build: (entry, folder) =>
      inline(
        `import webpack from 'webpack'
        const [context, entry, path] = process.argv.slice(1)
        const stats = await new Promise((resolve, reject) =>
          webpack({ mode: 'production', target: 'web', context, entry: './' + entry, output: { path, filename: entry } }, (error, stats) =>
            error ? reject(error) : resolve(stats)))
        const { errors, warnings } = stats.toJson()
        if (errors.length + warnings.length > 0) throw new Error([...errors, ...warnings].map(({ message }) => message).join())`,
        entry,
        folder,
      ),
  },
  {
    name: 'Vite',
    build: (entry, folder) =>
      inline(
        `import { build } from 'vite'
        const [root, entry, outDir] = process.argv.slice(1)
        await build({
          root, configFile: false, logLevel: 'warn',
          build: { outDir, emptyOutDir: false, rolldownOptions: { input: root + '/' + entry, output: { entryFileNames: '[name].js' } } },
        })`,
        entry,
        folder,
      ),
  },
]

cpSync(join(HERE, 'program/browser.js'), join(project, 'browser.js'))
cpSync(join(HERE, 'program/root.js'), join(project, 'root.js'))

for (const { name, build } of BROWSER_BUILDS) {
  test(`${name}, for browsers: the client without frameworks, Node.js or the server`, async () => {
    const folder = mkdtempSync(join(place, 'browser-'))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    await build('browser.js', folder)
    const code = readFileSync(join(folder, 'browser.js'), 'utf8')
    assert.doesNotMatch(code, /node:|\bprocess\.|\bBuffer\b|CREATE TABLE|argon2|react/i)
    const { stdout } = await run(process.execPath, [join(folder, 'browser.js')])
    assert.equal(stdout, 'signedOut\n')
  })

  test(`${name}, for browsers: the root of the package names watchword/client`, async () => {
    const folder = mkdtempSync(join(place, 'root-'))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    await build('root.js', folder)
    const { stderr } = await run(process.execPath, [join(folder, 'root.js')]).catch(
      (error) => error,
    )
    assert.match(stderr, /Error: .*"watchword\/client"/)
  })
}

for (const bundler of ['webpack', 'turbopack'] as const) {
  test(`Next, ${bundler}`, { timeout: 900_000 }, async (t) => {
    const folder = join(place, `next-${bundler}`)
    await install(folder)
    cpSync(join(HERE, 'program/next'), folder, { recursive: true })
    await bringTools(folder)
    const next = join(folder, 'node_modules/next/dist/bin/next')
    const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', WATCHWORD_SECRET: SECRET }
    await run(process.execPath, [next, 'build', `--${bundler}`], {
      cwd: folder,
      env,
    }).catch(({ stdout, stderr }) => {
      throw new Error(`the project does not build: ${stdout}${stderr}`)
    })
    const start = (database: string) =>
      spawn(process.execPath, [next, 'start', '-H', '127.0.0.1', '-p', '0'], {
        cwd: folder,
        env: { ...env, DATABASE: database, NODE_ENV: 'production' },
        stdio: ['ignore', 'pipe', 'pipe'],
      })

    await t.test('signs in, guards a route and creates users', async (t) => {
      const server = start('watchword.db')
      t.after(() => server.kill('SIGKILL'))
      await useOf(await urlOf(server, /Ready in/))
    })

    await t.test(
      'a peer that is not installed is named, with what to type',
      async (t) => {
        const server = start(ADDRESS)
        t.after(() => server.kill('SIGKILL'))
        let said = ''
        server.stderr.on('data', (chunk) => {
          said += chunk
        })
        const url = await urlOf(server, /Ready in/)
        assert.equal(
          (await post(`${url}/made/`, { username: 'ada', password: GOOD })).status,
          500,
        )
        assert.match(
          said,
          /needs the package "pg", which is not installed\. Type: npm install pg/,
        )
      },
    )
  })
}

test('Vitest runs the example of the page about testing', async () => {
  const [, example = ''] =
    /^```typescript\n(.*?)^```$/ms.exec(readFileSync('docs/testing.md', 'utf8')) ?? []
  const folder = join(place, 'vitest')
  await install(folder)
  await bringTools(folder)
  writeFileSync(join(folder, 'expiry.test.ts'), example)

  await run(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', '--reporter=json', '--outputFile=run.json'],
    { cwd: folder },
  )

  const report = readFileSync(join(folder, 'run.json'), 'utf8')
  const { numPassedTests, numTotalTests } = JSON.parse(report)
  assert.deepEqual([numPassedTests, numTotalTests], [1, 1])
})

/** Next, Vitest and what they need: hard links if the disk has them, or copies. */
async function bringTools(folder: string): Promise<void> {
  await run(
    'sh',
    [
      '-c',
      `cp -al "${TOOLS}/." node_modules/ 2>/dev/null || cp -a "${TOOLS}/." node_modules/`,
    ],
    {
      cwd: folder,
    },
  )
}

const GOOD = 'qhr4-7mzt-w2pd-x9kc'

/** The requests to each program. */
async function useOf(url: string): Promise<void> {
  const weak = await post(`${url}/made/`, { username: 'bob', password: 'princess1' })
  assert.equal(weak.status, 400)
  assert.match(await weak.text(), /too common/)
  const made = await post(`${url}/made/`, { username: 'ada', password: GOOD })
  assert.deepEqual([made.status, await made.text()], [200, 'ada'])

  const signedIn = await post(`${url}/api/token/`, { username: 'ada', password: GOOD })
  assert.equal(signedIn.status, 200)
  const { access } = (await signedIn.json()) as { readonly access: string }
  assert.equal((await fetch(`${url}/hello/`)).status, 401)
  const hello = await fetch(`${url}/hello/`, {
    headers: { authorization: `Bearer ${access}` },
  })
  assert.deepEqual([hello.status, await hello.text()], [200, 'hello ada'])
}

const post = (url: string, body: object): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

type Program = ReturnType<typeof spawn> & {
  readonly stdout: NodeJS.ReadableStream
  readonly stderr: NodeJS.ReadableStream
}

/** The address that a program prints, once it has printed that it is ready. Next prints its address before. */
async function urlOf({ stdout, stderr }: Program, ready = /./): Promise<string> {
  let said = ''
  stderr.on('data', (chunk) => {
    said += chunk
  })
  for await (const chunk of stdout) {
    said += chunk
    const url = /http:\/\/127\.0\.0\.1:[1-9]\d*/.exec(said)?.[0]
    if (url !== undefined && ready.test(said)) {
      stdout.resume()
      return url
    }
  }
  throw new Error(`it ended before it listened: ${said}`)
}

/** The output of a program until it exits. */
async function saidBy(program: Program): Promise<string> {
  const said: string[] = []
  for (const stream of [program.stdout, program.stderr])
    stream.on('data', (chunk) => said.push(String(chunk)))
  await once(program, 'close')
  return said.join('')
}
