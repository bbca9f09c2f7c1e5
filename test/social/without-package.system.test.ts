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
        if (specifier !== 'oauth4webapi') return next(specifier, context)
        throw Object.assign(new Error("Cannot find package 'oauth4webapi'"), { code: 'ERR_MODULE_NOT_FOUND' })
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

test('a start with social and without the package says what to install; without social it is not needed', () => {
  const url = 'https://app.example.com'
  assert.equal(
    openedWith({ url, social: { google: { clientId: 'a' } } }),
    'invalid_config The option "social" needs the package "oauth4webapi", which is not installed. Type: npm install oauth4webapi',
  )
  assert.equal(openedWith({ url, secondFactors: true }), 'open')
})
