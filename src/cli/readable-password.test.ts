import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readablePassword } from './readable-password.ts'

test('a readable password is four groups of four letters that do not look alike', () => {
  let next = 0
  const password = readablePassword((size) =>
    Uint8Array.from({ length: size }, () => next++ % 256),
  )

  assert.match(password, /^([2-9bcdfghjkmnpqrstvwxz]{4}-){3}[2-9bcdfghjkmnpqrstvwxz]{4}$/)
})

test('bytes that would make some letters likelier are skipped', () => {
  const draws = [
    Uint8Array.from({ length: 16 }, (_, i) => Math.min(243 + i, 255)),
    new Uint8Array(16).fill(242),
  ]

  assert.equal(
    readablePassword(() => draws.shift() ?? new Uint8Array()),
    'zzzz-zzzz-zzzz-zzzz',
  )
})
