import { promisify } from 'node:util'
import { lazy } from '../base/lazy.ts'
import { trimmed } from '../base/whitespace.ts'

/** Whether a password is on Django's list of 20,000, in any letter case. The list is loaded at the first call. */
export async function isCommon(password: string): Promise<boolean> {
  return (await list()).includes(`\n${trimmed(password.toLowerCase())}\n`)
}

const list = lazy(async () => {
  const { COMMON_PASSWORDS } = await import('./common-passwords.ts')
  const { gunzip } = await import('node:zlib')
  const lines = await promisify(gunzip)(Buffer.from(COMMON_PASSWORDS, 'base64'))
  return `\n${lines}`
})
