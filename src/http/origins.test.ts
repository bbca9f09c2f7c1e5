import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crossSiteFault, trustedOrigins } from './origins.ts'

const faultOf = (
  headers: Readonly<Record<string, string>>,
  { secure = false, plain = false, origins = [] as readonly string[] } = {},
): string | undefined =>
  crossSiteFault(
    {
      method: 'POST',
      url: '/',
      address: '',
      secure,
      header: (name) => headers[name],
      body: async () => Buffer.alloc(0),
    },
    { trusts: trustedOrigins(origins, 'session({ origins })'), mayBePlain: () => plain },
  )

for (const [host, origin, options] of [
  ['wiki.example:443', 'https://wiki.example', {}],
  ['wiki.example:443', 'https://wiki.example', { secure: true }],
  ['wiki.example', 'https://wiki.example:443', {}],
  ['wiki.example:80', 'https://wiki.example', {}],
  ['wiki.example:80', 'http://wiki.example', { plain: true }],
  ['WIKI.example:443', 'https://wiki.example', {}],
  ['wiki.example:9443', 'https://wiki.example:9443', {}],
  ['my_wiki.internal', 'https://my_wiki.internal', {}],
  ['my_wiki:8080', 'http://my_wiki:8080', { plain: true }],
  ['[2001:db8::5]:443', 'https://[2001:db8::5]', {}],
  ['wiki', 'https://a_b.wiki', { origins: ['https://*.wiki'] }],
  ['wiki', 'http://a_b:81', { origins: ['http://a_b:81'], plain: true }],
] as const) {
  test(`${origin} is the own or a listed origin at Host ${host}, ${JSON.stringify(options)}`, () => {
    assert.equal(faultOf({ host, origin }, options), undefined)
    assert.equal(faultOf({ host, referer: `${origin}/page` }, options), undefined)
  })
}

for (const [host, origin, options] of [
  ['wiki.example', 'https://wiki.example:9443', {}],
  ['wiki.example:9443', 'https://wiki.example', {}],
  ['wiki.example:443', 'https://wiki.example:9443', {}],
  ['wiki.example:443', 'http://wiki.example', { plain: true }],
  ['wiki.example', 'https://wiki.example.evil.example', {}],
  ['wiki.example', 'https://wiki_example', {}],
  ['my_wiki', 'https://my-wiki', {}],
  ['', 'https://', {}],
  ['', 'https://:443', {}],
  [':443', 'https://:443', {}],
] as const) {
  test(`${origin} is another origin at Host "${host}", ${JSON.stringify(options)}`, () => {
    assert.match(String(faultOf({ host, origin }, options)), /^Origin checking failed/)
    assert.match(
      String(faultOf({ host, referer: `${origin}/page` }, options)),
      /^Referer checking failed/,
    )
  })
}
