import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { NEXT, withoutNext } from '../adapters/next/project.ts'
import { copyExample } from './place.ts'
import { checkExample, createUsers, start } from './running.ts'

const run = promisify(execFile)

/** The programs of the examples' scripts, as files that Node runs. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  node: [],
  tsc: [resolve('node_modules/typescript/bin/tsc')],
  next: [NEXT],
}
/** A script as arguments of `node`, with any free port instead of 8000. */
function wordsOf(script: string): readonly string[] {
  const [command = '', ...words] = script.split(' ')
  return [
    ...(COMMANDS[command] ?? assert.fail(`${command}?`)),
    ...words.map((word) => (word === '8000' ? '0' : word)),
  ]
}

/** They have other routes: see accounts.system.test.ts, mcp.system.test.ts and notes.system.test.ts. */
const APPLICATIONS: ReadonlySet<string> = new Set([
  'accounts',
  'angular',
  'mcp',
  'react',
  'vue',
])

/** The strictest settings that a user of the package may have. */
const STRICT =
  'tsc --ignoreConfig --noEmit --target es2024 --module nodenext --types node --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --erasableSyntaxOnly --allowImportingTsExtensions main.ts'

const read = (file: string): Record<string, Record<string, string>> =>
  JSON.parse(readFileSync(file, 'utf8'))
/** The versions of a package that are installed for the tests. */
const versionsOf = (name: string): readonly (string | undefined)[] =>
  name === 'watchword'
    ? ['file:../..']
    : LOCKS.map(({ packages }) => packages[`node_modules/${name}`]?.version)

const LOCKS = [
  'package-lock.json',
  'test/adapters/next/package-lock.json',
  'test/clients/servers/package-lock.json',
].map((file): Lock => JSON.parse(readFileSync(file, 'utf8')))

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version: string } | undefined>>
}

const failWithOutput = (error: {
  readonly stdout: string
  readonly stderr: string
}): never => assert.fail(error.stdout + error.stderr)

for (const file of globSync('examples/*/package.json').sort()) {
  const { scripts = {}, dependencies = {} } = read(file)
  const name = basename(dirname(file))
  const skip = name === 'next' && withoutNext

  if (!APPLICATIONS.has(name))
    test(`examples/${name} signs in, greets, and lets only editors change posts`, {
      timeout: 600_000,
      skip,
    }, async (t) => {
      const folder = await copyExample(dirname(file))
      const env = await createUsers(t)

      await run(process.execPath, wordsOf(scripts.build ?? STRICT), {
        cwd: folder,
      }).catch(failWithOutput)
      await checkExample(await start(t, wordsOf(scripts.start ?? ''), folder, env))
    })

  test(`examples/${name} depends on the tested versions`, () => {
    for (const [dependency, version] of Object.entries(dependencies))
      assert.ok(versionsOf(dependency).includes(version), `${dependency} ${version}`)
  })
}
