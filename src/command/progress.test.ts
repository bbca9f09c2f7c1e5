import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { progressOn } from './progress.ts'

function shown(isTTY: boolean, isJson: boolean): string {
  let text = ''
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      done()
    },
  })
  const progress = progressOn({ stderr: Object.assign(stream, { isTTY }) }, isJson)
  progress.show('one')
  progress.show('two')
  progress.clear()
  return text
}

test('on a terminal progress is one line that is rewritten and removed at the end', () => {
  assert.equal(shown(true, false), '\r\u001b[Kone\r\u001b[Ktwo\r\u001b[K')
})

test('elsewhere progress is one line', () => {
  assert.equal(shown(false, false), 'one\n')
})

test('there is no progress beside JSON', () => {
  assert.equal(shown(true, true), '')
  assert.equal(shown(false, true), '')
})
