import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const [, viewers = ''] = readFileSync('docs/openapi.md', 'utf8').split('## Viewers')

for (const [name, program] of [
  ...viewers.matchAll(/^\*\*([^*]+)\*\*[^`]*`[^`]+`[^`]*```js\n(.*?)^```$/gms),
].map(([, name = '', program = '']) => [name, program] as const))
  test(`${name} is served in at most 15 lines, with a policy and nothing of other hosts (OA-23)`, () => {
    assert.ok(program.trimEnd().split('\n').length <= 15)
    assert.match(program, /default-src 'none'; script-src 'self';/)
    assert.match(program, /frame-ancestors 'none'/)
    assert.doesNotMatch(program, /https?:|persistAuthorization|queryConfigEnabled/)
  })

test('the page has Swagger UI, RapiDoc, Redoc and Scalar', () => {
  const names = [...viewers.matchAll(/^\*\*(.+)\*\*/gm)].map(([, name]) => name)
  assert.deepEqual(names, ['Swagger UI', 'RapiDoc', 'Redoc', 'Scalar'])
})
