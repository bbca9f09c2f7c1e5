import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type HtmlValue, html, trusted } from '../../src/pages/html.ts'

const text = (value: HtmlValue): string => String(html`<p>${value}</p>`)
const attribute = (value: HtmlValue): string => String(html`<p title="${value}">x</p>`)
const address = (value: HtmlValue): string => String(html`<a href="${value}">x</a>`)

test('text escapes every character that begins markup or ends a quote', () => {
  assert.equal(text(`<b>"it's" & so`), '<p>&lt;b&gt;&quot;it&#39;s&quot; &amp; so</p>')
})

test('attributes escape the same', () => {
  assert.equal(
    attribute(`"><script>'&`),
    '<p title="&quot;&gt;&lt;script&gt;&#39;&amp;">x</p>',
  )
})

test('every kind of value is shown, and none is markup by itself', () => {
  const values: readonly (readonly [HtmlValue, string])[] = [
    ['<i>', '&lt;i&gt;'],
    [7, '7'],
    [0, '0'],
    [Number.NaN, 'NaN'],
    [true, ''],
    [false, ''],
    [null, ''],
    [undefined, ''],
    ['', ''],
    [[], ''],
    [['<', ['>', [1]]], '&lt;&gt;1'],
    [html`<i>${'<'}</i>`, '<i>&lt;</i>'],
    [trusted('<hr>'), '<hr>'],
  ]
  for (const [value, shown] of values) {
    assert.equal(text(value), `<p>${shown}</p>`)
    assert.equal(attribute(value), `<p title="${shown}">x</p>`)
  }
})

test('objects that a type assertion lets through are escaped, or left out', () => {
  const hostile = { toString: () => '<script>' } as unknown as HtmlValue
  assert.equal(text(hostile), '<p>&lt;script&gt;</p>')
})

test('an address of a script is replaced, however it is written', () => {
  const scripts = [
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    ' javascript:alert(1)',
    'java\tscript:alert(1)',
    'java\nscript:alert(1)',
    '\u0001javascript:alert(1)',
    '\u00a0javascript:alert(1)',
    'vbscript:x',
    'data:text/html,<script>alert(1)</script>',
    'data:text/html;base64,PHNjcmlwdD4=',
    'blob:https://own/1',
    'file:///etc/passwd',
    'view-source:x',
    'x-custom:y',
  ]
  for (const script of scripts) {
    assert.equal(address(script), '<a href="#">x</a>', JSON.stringify(script))
    assert.equal(String(html`<form action='${script}'>`), "<form action='#'>")
    assert.equal(String(html`<button formaction="${script}">`), '<button formaction="#">')
    assert.equal(String(html`src="${script}"`), 'src="#"')
  }
})

test('paths and addresses of the web stay', () => {
  for (const good of [
    '/account/?a=b',
    '?page=2',
    '#email',
    './x:y',
    'a/b:c',
    'https://example.com/',
    'HTTP://example.com',
    'mailto:ada@example.com',
    'data:image/png;base64,AA',
  ])
    assert.equal(address(good), `<a href="${good}">x</a>`)
})

test('a value outside of quotes, in a script or in a handler is an error', () => {
  const wrong = [
    () => html`<p title=${'x'}>`,
    () => html`<a href = ${'x'}>`,
    () => html`<script>${'x'}</script>`,
    () => html`<style>${'x'}</style>`,
    () => html`<p onclick="${'x'}">`,
    () => html`<p style="color: ${'x'}">`,
    () => html`<iframe srcdoc="${'x'}">`,
    () => html`<!-- ${'x'} -->`,
    () => html`<${'x'}>`,
  ]
  for (const each of wrong) assert.throws(each, TypeError, String(each))
})

test('text after a tag, a comment or a script is text', () => {
  assert.equal(
    String(html`<script src="/a.js"></script>${'<'}`),
    '<script src="/a.js"></script>&lt;',
  )
  assert.equal(String(html`<!-- x -->${'<'}`), '<!-- x -->&lt;')
  assert.equal(String(html`<p>a = ${'b'}</p>`), '<p>a = b</p>')
  assert.equal(String(html`<p${html` class="${'x'}"`}>`), '<p class="x">')
})
