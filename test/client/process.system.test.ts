import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'

/** An access token that lives for an hour. */
const access = `x.${Buffer.from('{"iat":1,"exp":3601}').toString('base64url')}.x`

/** Each leaves timers, and a refresh or a sign-out that is tried again. */
const PROGRAM = `
import { createClient, refreshAhead, storedIn, tokenCookies } from ${JSON.stringify(pathToFileURL(resolve('src/client/index.ts')))}
const items = new Map()
const storage = storedIn({ get: (key) => items.get(key), set: (key, value) => items.set(key, value), remove: (key) => items.delete(key) })
const answer = { access: '${access}', refresh: '${access}' }
let isDown = false
const fetch = async () => {
  if (isDown) throw new TypeError('fetch failed')
  return Response.json(answer)
}
for (const options of [{}, { storage }, { transport: tokenCookies }]) {
  const client = createClient('https://api.example.com', { ...options, refreshAhead, fetch })
  await client.signIn({ username: 'ada', password: 'x' })
  isDown = true
  await client.getAccessToken({ fresh: true }).catch(() => {})
  void client.signOut()
  isDown = false
  await client.signIn({ username: 'ada', password: 'x' })
}
console.log('done')
`

test('clients that are not closed keep no process alive', async () => {
  const words = ['--input-type=module', '--eval', PROGRAM]
  const child = spawn(process.execPath, words, { timeout: 10_000 })
  const ended = once(child, 'close')
  const [out, errors] = await Promise.all([
    child.stdout.toArray(),
    child.stderr.toArray(),
  ])
  const [code] = await ended
  assert.deepEqual([code, out.join(''), errors.join('')], [0, 'done\n', ''])
})
