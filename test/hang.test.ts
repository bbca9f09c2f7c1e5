import assert from 'node:assert/strict'
import { test } from 'node:test'
import { detectHang } from './hang.ts'

test('a hang is detected after the given time, and later if the machine is slowed down', async () => {
  const order: string[] = []
  const detected = (name: string, slowdown: number) =>
    new Promise<number>((resolve) => {
      const began = performance.now()
      const onHang = () => {
        order.push(name)
        resolve(performance.now() - began)
      }
      detectHang(90, onHang, () => slowdown)
    })

  const [slow, idle] = await Promise.all([detected('slow', 8), detected('idle', 1)])

  assert.deepEqual(order, ['idle', 'slow'])
  assert.ok(idle >= 90, `${idle} ms`)
  assert.ok(slow >= 8 * 90, `${slow} ms`)
})

test('a cancelled wait is no hang', async () => {
  let isDetected = false
  const cancel = detectHang(3, () => {
    isDetected = true
  })
  cancel()

  await new Promise<void>((resolve) => detectHang(30, resolve, () => 1))

  assert.equal(isDetected, false)
})
