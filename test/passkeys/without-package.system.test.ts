import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'

const TESTING = new URL('../../src/testing/index.ts', import.meta.url).href

/** Opens an instance where the package cannot be found. @returns what it prints */
const openedWith = (options: object): string =>
  execFileSync(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `
    import { registerHooks } from 'node:module'
    registerHooks({
      resolve(specifier, context, next) {
        if (specifier !== '@simplewebauthn/server') return next(specifier, context)
        throw Object.assign(new Error("Cannot find package '@simplewebauthn/server'"), { code: 'ERR_MODULE_NOT_FOUND' })
      },
    })
    const { testInstance } = await import(${JSON.stringify(TESTING)})
    const { auth } = testInstance(${JSON.stringify(options)})
    await auth.users.find('ada').then(() => console.log('open'), ({ code, message }) => console.log(code, message))
    await auth.close().catch(() => {})
  `,
    ],
    { encoding: 'utf8' },
  ).trim()

test('a start with passkeys and without the package says what to install; without passkeys it is not needed', () => {
  const url = 'https://app.example.com'
  assert.equal(
    openedWith({ url, passkeys: true }),
    'invalid_config The option "passkeys" needs the package "@simplewebauthn/server", which is not installed. Type: npm install @simplewebauthn/server',
  )
  assert.equal(openedWith({ url, secondFactors: true }), 'open')
})
