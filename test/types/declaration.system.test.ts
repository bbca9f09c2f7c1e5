import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

/** What a program's own declarations pay for an instance that it exports. */
const MOST_BYTES = 1000

test('the declaration of a fully configured instance has less than 1,000 bytes', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-declaration-'))
  t.after(() => rmSync(folder, { recursive: true }))
  await promisify(execFile)(process.execPath, [
    resolve('node_modules/typescript/bin/tsc'),
    '--ignoreConfig',
    ...['--declaration', '--emitDeclarationOnly', '--strict', '--skipLibCheck'],
    ...['--target', 'es2024', '--lib', 'es2024,esnext.disposable', '--types', 'node'],
    ...['--module', 'nodenext', '--allowImportingTsExtensions', '--rootDir', '.'],
    ...['--outDir', folder, 'test/types/configured.ts'],
  ])

  const declaration = readFileSync(join(folder, 'test/types/configured.d.ts'), 'utf8')

  assert.match(declaration, /posts\.change/)
  const bytes = Buffer.byteLength(declaration)
  assert.ok(bytes < MOST_BYTES, `${bytes} bytes:\n${declaration}`)
})
