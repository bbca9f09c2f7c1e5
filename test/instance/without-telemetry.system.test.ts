import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'

/** A process without the package. */
const WITHOUT = `
import { registerHooks } from 'node:module'
registerHooks({
  resolve(name, context, next) {
    if (name !== '@opentelemetry/api') return next(name, context)
    throw Object.assign(new Error("Cannot find package '@opentelemetry/api'"), { code: 'ERR_MODULE_NOT_FOUND' })
  },
})
const { watchword } = await import(process.argv[1])
const tried = async (telemetry) => {
  const auth = watchword({ database: 'sqlite::memory:', telemetry })
  const outcome = await auth.migrate().then(() => 'opened', (error) => error.message)
  await auth.close()
  return outcome
}
console.log(JSON.stringify([await tried(false), await tried(true)]))`

test('the option telemetry without its package stops the start; without the option the package is not needed', async () => {
  const module = new URL('../../src/watchword.ts', import.meta.url).href
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '-e',
    WITHOUT,
    module,
  ])
  assert.deepEqual(JSON.parse(stdout), [
    'opened',
    'The option "telemetry" needs the package "@opentelemetry/api", which is not installed. Type: npm install @opentelemetry/api',
  ])
})
