import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The package as npm publishes it, unpacked where none of its sources are. Asked for by `npm run exports`, after the build. */
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

test('each subpath can be imported', async () => {
  const program = `
    import { watchword } from 'watchword'
    import { apiToken } from 'watchword/authentication'
    import { verifier } from 'watchword/jwt'
    import { mount } from 'watchword/node'
    console.log(typeof watchword, typeof apiToken, typeof verifier, typeof mount)`
  const { stdout } = await run(
    process.execPath,
    ['--input-type=module', '--eval', program],
    {
      cwd: join(place, 'package'),
    },
  )
  assert.equal(stdout, 'function function function function\n')
})

test('adapters are imported without their frameworks', async () => {
  const bare = join(place, 'bare')
  mkdirSync(join(bare, 'node_modules'), { recursive: true })
  cpSync(join(place, 'package'), join(bare, 'node_modules', 'watchword'), {
    recursive: true,
    filter: (path) => basename(path) !== 'node_modules',
  })
  for (const name of ['kysely', 'zod'])
    symlinkSync(resolve('node_modules', name), join(bare, 'node_modules', name))
  const program = `
    const names = ['express', 'fastify', 'fetch', 'hono', 'node', 'next', 'permissions', 'verify']
    const found = await Promise.all(names.map((name) => import('watchword/' + name)))
    console.log(found.every((each) => Object.keys(each).length > 0))`
  const { stdout } = await run(
    process.execPath,
    ['--input-type=module', '--eval', program],
    { cwd: bare },
  )
  assert.equal(stdout, 'true\n')
})

test('the command makes a user, and knows which passwords are common', async () => {
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
