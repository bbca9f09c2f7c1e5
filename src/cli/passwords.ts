import { Writable } from 'node:stream'
import type { Random } from '../base/random.ts'
import { Secret } from '../base/secret.ts'
import { trimmed } from '../base/whitespace.ts'
import { Failure } from './errors.ts'
import type { World } from './context.ts'

/** Without vowels, so that no word comes about, and without what looks alike. */
const LETTERS = '23456789bcdfghjkmnpqrstvwxz'
const GROUPS = 4

/** A password that can be read out: four groups of four, 76 bits. */
export function readablePassword(random: Random): string {
  // Octets from here up would make some letters likelier than others.
  const fair = 256 - (256 % LETTERS.length)
  const letters: string[] = []
  while (letters.length < GROUPS * 4) {
    for (const octet of random(GROUPS * 4)) if (octet < fair) letters.push(LETTERS[octet % LETTERS.length]!)
  }
  return Array.from({ length: GROUPS }, (_, group) => letters.slice(group * 4, group * 4 + 4).join('')).join('-')
}

/**
 * A new password: asked for twice at a terminal, without showing it; else, or with `fromStdin`, all of standard input
 * but for the line's end.
 *
 * @throws Failure
 */
export function newPassword(world: World, fromStdin: boolean | undefined): Promise<Secret> {
  return world.stdin.isTTY === true && fromStdin !== true ? askTwice(world) : readPassword(world)
}

const MOST_OCTETS = 4096

async function readPassword({ stdin }: World): Promise<Secret> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stdin) {
    const octets = Buffer.from(chunk)
    size += octets.length
    if (size > MOST_OCTETS + 2) throw new Failure(`A password has at most ${MOST_OCTETS} octets.`)
    chunks.push(octets)
  }
  const text = textOf(Buffer.concat(chunks)).replace(/\r?\n$/, '')
  if (text === '') {
    throw new Failure('There is no password on standard input. Give it one line: printf %s "$PASSWORD" | watchword …')
  }
  if (/[\r\n]/.test(text)) throw new Failure('A password is one line; standard input holds several.')
  return usable(text)
}

/** The token endpoints refuse these before they look at the password, so nobody could sign in with one. */
function usable(password: string): Secret {
  if (trimmed(password) === '') throw new Failure('A password cannot be blank.')
  if (password.includes('\0')) throw new Failure('A password cannot hold a null character.')
  return new Secret(password)
}

function textOf(octets: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets)
  } catch {
    throw new Failure('The password on standard input is not UTF-8.')
  }
}

async function askTwice({ stdin, stderr }: World): Promise<Secret> {
  const { createInterface } = await import('node:readline/promises')
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const line = createInterface({ input: stdin, output: nowhere, terminal: true, historySize: 0 })
  const ask = async (question: string): Promise<string> => {
    const stopped = new Promise<never>((_, reject) => {
      line.once('SIGINT', () => reject(new Failure('Nothing was changed.')))
      line.once('close', () => reject(new Failure('Nothing was changed.')))
    })
    stderr.write(question)
    try {
      return await Promise.race([line.question(''), stopped])
    } finally {
      stderr.write('\n')
    }
  }
  try {
    const first = await ask('New password: ')
    if (first === '') throw new Failure('A password cannot be empty. Nothing was changed.')
    if ((await ask('The same again: ')) !== first) throw new Failure('The two are not the same. Nothing was changed.')
    return usable(first)
  } finally {
    line.close()
  }
}

/** Asks a question that is answered with yes by `y` or `yes` alone. */
export async function confirms({ stdin, stderr }: World, question: string): Promise<boolean> {
  const { createInterface } = await import('node:readline/promises')
  const line = createInterface({ input: stdin, output: stderr, terminal: false })
  try {
    return /^y(es)?$/i.test((await line.question(`${question} [y/N] `)).trim())
  } finally {
    line.close()
  }
}
