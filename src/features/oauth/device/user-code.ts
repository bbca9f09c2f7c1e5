import type { Random } from '../../../base/random.ts'
import type { StoredCode } from '../../codes/code.ts'
import { digitsDigest } from '../../codes/digest.ts'
import { codeStore } from '../../codes/sql.ts'
import type { Core } from '../../core.ts'

/** Without vowels, so that no words appear, and without digits, which look like letters (RFC 8628 §6.1). */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ'

const LENGTH = 8

/** The largest number of bytes that each letter has an equal share of. */
const FAIR = 256 - (256 % LETTERS.length)

/** Eight letters: 34 bits, and guesses are limited. */
export function newUserCode(random: Random): string {
  let code = ''
  while (code.length < LENGTH)
    for (const byte of random(LENGTH))
      if (byte < FAIR) code += LETTERS[byte % LETTERS.length]
  return code.slice(0, LENGTH)
}

/** As people read it: `WDJB-MJHT`. */
export const shownUserCode = (code: string): string =>
  `${code.slice(0, LENGTH / 2)}-${code.slice(LENGTH / 2)}`

/** A code as people type it: in small letters, with other separators or none. @returns `undefined` if it cannot be one */
export function parseUserCode(text: string): string | undefined {
  const code = text.replace(/[\s\p{P}]/gu, '').replace(/[a-z]/g, (c) => c.toUpperCase())
  const isCode = code.length === LENGTH && [...code].every((c) => LETTERS.includes(c))
  return isCode ? code : undefined
}

/** What a code is stored by. Keyed, since all codes can be tried in an hour. The current key is the first. */
export const userCodeTargets = (
  code: string,
  { derivedKeys }: Pick<Core, 'derivedKeys'>,
): readonly string[] => {
  const bound = { purpose: 'oauth_device', target: '', binding: undefined } as const
  return derivedKeys('codes').map((key) => digitsDigest({ ...bound, digits: code }, key))
}

/** The request of a device, by its code. It may be answered or expired. */
export async function findByUserCode(
  code: string,
  core: Pick<Core, 'derivedKeys' | 'ports'>,
): Promise<StoredCode | undefined> {
  const { codes } = core.ports(codeStore)
  for (const target of userCodeTargets(code, core)) {
    const found = await codes.findIssued('oauth_device', target)
    if (found !== undefined) return found
  }
  return undefined
}
