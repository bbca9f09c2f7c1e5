import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, symlinkSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { askedIn, type Printed, programs, SOURCES } from './printed.ts'
import { folderOf, start, write } from './starting.ts'

const TSC = resolve('node_modules/typescript/bin/tsc')

/** What is asked of a program that says nothing of it. */
const asked = (text: string) =>
  askedIn(text).length > 0 ? askedIn(text) : [{ path: '/hello/', status: 401 }]

async function serves(
  t: TestContext,
  folder: string,
  file: string,
  text: string,
): Promise<void> {
  const port = await start(t, folder, file).port
  for (const { path, status } of asked(text)) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      headers: { connection: 'close' },
    })
    assert.equal(answer.status, status, path)
  }
}

/** Node runs types away and knows no decorators: these are for a compiler. */
async function compiled(folder: string): Promise<string> {
  const options =
    '--noCheck --noResolve --experimentalDecorators --emitDecoratorMetadata --module esnext --target es2023'
  await promisify(execFile)(
    process.execPath,
    [TSC, 'program.mts', '--ignoreConfig', ...options.split(' ')],
    {
      cwd: folder,
    },
  )
  return 'program.mjs'
}

/** Calls the exports, a handler of `Request` or the methods of a route. @returns the status of each response */
const asking = (file: string, text: string): string => `
const { default: served, GET } = await import(${JSON.stringify(`./${file}`)})
const answers = []
for (const { path } of ${JSON.stringify(asked(text))}) {
  const request = new Request('http://localhost' + path)
  answers.push((await (served?.fetch ?? GET)(request)).status)
}
process.send(answers)
process.disconnect()
process.exit()
`

async function answers(
  t: TestContext,
  folder: string,
  file: string,
  text: string,
): Promise<void> {
  write(folder, 'asking.mts', asking(file, text))
  assert.deepEqual(
    await start(t, folder, 'asking.mts').port,
    asked(text).map(({ status }) => status),
  )
}

async function runs(t: TestContext, { text }: Printed): Promise<void> {
  const folder = folderOf(t)
  write(folder, 'program.mts', text)
  if (/^\s*@[A-Z]\w+\(/m.test(text)) await serves(t, folder, await compiled(folder), text)
  else if (/\blisten\(|\bserve\(/.test(text)) await serves(t, folder, 'program.mts', text)
  else if (/^export (default|const (GET\b|\{))/m.test(text))
    await answers(t, folder, 'program.mts', text)
  else
    assert.deepEqual(await start(t, folder, 'program.mts').ended, { code: 0, errors: '' })
}

/** Where a page has several files, they are of one application: its route handlers are asked. */
async function runsAmongOthers(
  t: TestContext,
  { page, path = '', text }: Printed,
): Promise<void> {
  const folder = folderOf(t)
  for (const each of programs) {
    if (each.page === page && each.path !== undefined) write(folder, each.path, each.text)
  }
  if (path.endsWith('route.ts')) return answers(t, folder, path, text)
  write(folder, 'program.mts', `import ${JSON.stringify(`./${path}`)}`)
  assert.deepEqual(await start(t, folder, 'program.mts').ended, { code: 0, errors: '' })
}

describe('programs', { concurrency: availableParallelism() }, () => {
  for (const program of programs) {
    const { name, path } = program
    if (path?.endsWith('.tsx')) {
      test(`${name} is a file of the example, which a test starts`, () => {
        const example = readFileSync(join('examples/next', path), 'utf8')
        assert.equal(program.text.replace(/^.*\n/, ''), example)
      })
    } else {
      test(`${name} runs as it is printed`, { timeout: 600_000 }, (t) =>
        path === undefined ? runs(t, program) : runsAmongOthers(t, program),
      )
    }
  }
})

test('the programs of the pages compile', { timeout: 600_000 }, async (t) => {
  const folder = folderOf(t)
  const files = programs
    .filter(({ path }) => !path?.endsWith('.tsx'))
    .map((program) => placed(folder, program))
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
  write(folder, 'tsconfig.json', JSON.stringify(configOf(files)))
  const { stdout } = await promisify(execFile)(process.execPath, [TSC, '-p', '.'], {
    cwd: folder,
  }).catch((error: { stdout: string }) => error)
  // What else is found is found by `npm run types`.
  assert.deepEqual(
    stdout.split('\n').filter((line) => files.some((file) => line.startsWith(file))),
    [],
  )
})

/** Writes a program into a folder with the other programs of its page. */
function placed(folder: string, { page, path, name, text }: Printed): string {
  const file = `${page.replaceAll(/[./]/g, '-')}/${path ?? `${name.split(' ').at(-1)}.ts`}`
  write(folder, file, `${text}\nexport {}\n`)
  return file
}

/** The options of a strict program. Relative imports without an extension are for bundlers. */
const configOf = (files: readonly string[]): object => ({
  extends: resolve('tsconfig.json'),
  compilerOptions: {
    module: 'preserve',
    moduleResolution: 'bundler',
    noUnusedLocals: false,
    noUnusedParameters: false,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    // No part of `strict`: with it the types of ws are none for @hono/node-server.
    exactOptionalPropertyTypes: false,
    paths: Object.fromEntries(
      Object.entries(SOURCES).map(([name, source]) => [name, [resolve(source)]]),
    ),
  },
  include: [],
  files: [...files, resolve('src/adapters/next-modules.d.ts')],
})

test('the documentation has programs', () => assert.ok(programs.length >= 9))
