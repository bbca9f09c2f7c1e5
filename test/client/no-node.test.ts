import assert from 'node:assert/strict'
import { test } from 'node:test'
import { modulesFrom } from '../verify/modules.ts'

/** Globals of Node that browsers lack. */
const NODES_OWN = /\b(Buffer|process|__dirname|setImmediate|global)\b/
const FRAMEWORKS = /^(react|vue|rxjs|@angular\/(core|common\/http))$/

const withoutComments = (code: string): string =>
  code.replace(/\/\*.*?\*\/|\/\/[^\n]*/gs, '')

for (const name of ['index', 'react', 'vue', 'angular']) {
  test(`no module of src/client/${name}.ts uses Node or the server`, () => {
    const entry = new URL(`../../src/client/${name}.ts`, import.meta.url)
    for (const [url, { imports, code }] of modulesFrom(entry)) {
      assert.match(url, /\/src\/client\//)
      const foreign = imports.filter(
        (each) => !/^\./.test(each) && !FRAMEWORKS.test(each),
      )
      assert.deepEqual(foreign, [], url)
      assert.doesNotMatch(withoutComments(code), NODES_OWN, url)
    }
  })
}
