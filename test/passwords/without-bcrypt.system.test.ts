import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const { hashes } = JSON.parse(
  readFileSync(new URL('../data/passwords/django-hashes.json', import.meta.url), 'utf8'),
) as { hashes: { encoding: string; what: string; hash: string }[] }
const BCRYPT = hashes.find(
  ({ encoding, what }) => encoding === 'bcrypt' && what === 'plain',
)?.hash

test('without the package bcrypt a bcrypt hash matches no password, the log says what to install, and an import ends with that', () => {
  const program = `
    import { registerHooks } from 'node:module'
    registerHooks({
      resolve(specifier, context, next) {
        if (specifier !== 'bcrypt') return next(specifier, context)
        throw Object.assign(new Error("Cannot find package 'bcrypt'"), { code: 'ERR_MODULE_NOT_FOUND' })
      },
    })
    const { passwords } = await import(${JSON.stringify(new URL('../../src/passwords/passwords.ts', import.meta.url).href)})
    const queue = Object.assign((work) => work(), { requireRoom() {} })
    const { verify, importHash } = passwords({ queue, random: Buffer.alloc, warn: console.log })
    for (const attempt of ['lètmein', 'wrong']) console.log((await verify([attempt], ${JSON.stringify(BCRYPT)})).kind)
    await importHash(${JSON.stringify(BCRYPT)}).catch(({ code, message }) => console.log(code, message))
  `

  const said = execFileSync(
    process.execPath,
    ['--input-type=module', '--eval', program],
    { encoding: 'utf8' },
  )

  assert.deepEqual(said.trim().split('\n'), [
    'A stored password hash needs the package "bcrypt", which is not installed. Type: npm install bcrypt',
    'wrong',
    'wrong',
    'invalid_config A stored password hash needs the package "bcrypt", which is not installed. Type: npm install bcrypt',
  ])
})
