import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hexId, systemRandom } from './random.ts'

test('no bytes are returned twice', () => {
  const ids = Array.from({ length: 10_000 }, () => hexId(systemRandom))

  assert.equal(new Set(ids).size, ids.length)
  for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/)
})

test('returned bytes do not change later', () => {
  const first = systemRandom(16)
  const copy = Uint8Array.from(first)

  for (let i = 0; i < 1_000; i++) systemRandom(16)

  assert.deepEqual(first, copy)
})

for (const size of [0, 1, 16, 1_000, 1_024, 1_025, 100_000]) {
  test(`${size} bytes have that length and are not all zero`, () => {
    const bytes = systemRandom(size)

    assert.equal(bytes.length, size)
    if (size >= 16) assert.ok(new Set(bytes).size > 4)
  })
}

test('each value of a byte is about as frequent as the others', () => {
  const counts = new Array<number>(256).fill(0)

  for (let i = 0; i < 4_000; i++) for (const byte of systemRandom(64)) counts[byte]!++

  // Expected 1,000 each, with a standard deviation of 32: the bounds are ten of these away.
  assert.ok(counts.every((count) => count > 680 && count < 1_320))
})
