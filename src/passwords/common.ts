import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { trimmed } from '../base/whitespace.ts'

/** README.md in this folder names its source. */
const LIST = new URL('common-passwords.txt.gz', import.meta.url)

let loaded: Promise<string> | undefined

/** Whether a password is on Django's list of 20,000, in any letter case. The list is loaded at the first call. */
export async function isCommon(password: string): Promise<boolean> {
  loaded ??= load()
  return (await loaded).includes(`\n${trimmed(password.toLowerCase())}\n`)
}

const load = async (): Promise<string> =>
  `\n${await promisify(gunzip)(await readFile(LIST))}`
