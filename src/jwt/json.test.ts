import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseObject } from './json.ts'

for (const [name, text] of [
  ['a name twice', '{"a":1,"a":2}'],
  ['a name twice, once with an escape', '{"a":1,"\\u0061":2}'],
  ['a name twice, nested', '{"x":[{"y":{"a":1,"b":2,"a":3}}]}'],
  ['a name twice beside characters outside ASCII', '{"é":1,"a":1,"é":2}'],
  ['__proto__', '{"__proto__":{"a":1}}'],
  ['__proto__ with a plain value', '{"__proto__":1}'],
  ['__proto__ with an escape', '{"\\u005f_proto__":1}'],
  ['constructor.prototype', '{"constructor":{"prototype":{}}}'],
  ['a lone surrogate', '{"a":"\\ud800"}'],
  ['a lone surrogate as a name', '{"\\udc00":1}'],
  ['a byte order mark', '\ufeff{"a":1}'],
  ['an array', '[]'],
  ['null', 'null'],
  ['text after the object', '{"a":1}{}'],
  ['65 levels', `{"a":${'['.repeat(64)}${']'.repeat(64)}}`],
  ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
] as const) {
  test(`rejected: ${name}`, () =>
    assert.throws(() => parseObject(Buffer.from(text)), { code: 'malformed' }))
}

for (const [name, text] of [
  ['no members', '{}'],
  ['white space', ' { "a" :\t1 ,\r\n"b":[ 1 ] } '],
  ['brackets, braces, colons and commas in strings', '{"a":"{[:,]}","b":":"}'],
  ['an escaped quotation mark before a colon', '{"a":"\\":","b":1}'],
  ['names of Object.prototype', '{"constructor":"Acme","toString":1,"hasOwnProperty":2}'],
  ['a name once in each of several objects', '{"a":{"b":1},"c":{"b":1},"b":1}'],
  ['prototype somewhere else', '{"prototype":1,"a":{"prototype":2}}'],
  ['characters outside ASCII', '{"a":"Zoë 😀","b":"\\ud83d\\ude00"}'],
  ['64 levels', `{"a":${'['.repeat(63)}${']'.repeat(63)}}`],
  ['the character 127', '{"a":"\u007f"}'],
] as const) {
  test(`parsed: ${name}`, () =>
    assert.deepEqual(parseObject(Buffer.from(text)), JSON.parse(text)))
}

test('parsing changes no prototype', () => {
  assert.throws(() => parseObject(Buffer.from('{"__proto__":{"isAdmin":true}}')))
  assert.equal(({} as { isAdmin?: unknown }).isAdmin, undefined)
})
