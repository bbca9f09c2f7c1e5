import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { test } from 'node:test'
import { modulesFrom } from './modules.ts'

const ENTRY = new URL('../../src/verify/index.ts', import.meta.url)

/** Globals of Node that browsers and edge runtimes lack. */
const NODES_OWN = /\b(Buffer|process|__dirname|setImmediate|global)\b/

test('no module of watchword/verify uses Node', () => {
  const modules = modulesFrom(ENTRY)
  assert.ok(modules.size > 12, 'the graph was walked')
  for (const [url, { imports, code }] of modules) {
    assert.deepEqual(
      imports.filter((specifier) => !specifier.startsWith('.')),
      [],
      `${url} imports from outside`,
    )
    assert.doesNotMatch(withoutComments(code), NODES_OWN, url)
  }
})

test('the check finds Node in watchword/jwt', () => {
  const modules = modulesFrom(new URL('../../src/jwt/index.ts', import.meta.url))
  const outside = [...modules.values()].flatMap(({ imports }) =>
    imports.filter((each) => each.startsWith('node:')),
  )
  assert.ok(outside.includes('node:crypto'))
  const jws = readFileSync(new URL('../../src/jwt/jws.ts', import.meta.url), 'utf8')
  assert.match(withoutComments(stripTypeScriptTypes(jws)), NODES_OWN)
})

const withoutComments = (code: string): string =>
  code.replace(/\/\*.*?\*\/|\/\/[^\n]*/gs, '')
