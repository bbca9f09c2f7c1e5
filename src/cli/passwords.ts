import { Writable } from 'node:stream'
import type { Random } from '../base/random.ts'
import { Secret } from '../base/secret.ts'
import { decodeUtf8 } from '../base/utf8.ts'
import { trimmed } from '../base/whitespace.ts'
import type { CommandContext } from './context.ts'
import { CommandError } from './errors.ts'

/** Without vowels, so that no word comes about, and without what looks alike. */
const LETTERS = '23456789bcdfghjkmnpqrstvwxz'
const GROUPS = 4

/** A password that can be read out: four groups of four, 76 bits. */
export function readablePassword(random: Random): string {
  // Octets from here up would make some letters likelier than others.
  const fair = 256 - (256 % LETTERS.length)
  const letters: string[] = []
  while (letters.length < GROUPS * 4) {
    for (const octet of random(GROUPS * 4))
      if (octet < fair) letters.push(LETTERS[octet % LETTERS.length]!)
  }
  return Array.from({ length: GROUPS }, (_, group) =>
    letters.slice(group * 4, group * 4 + 4).join(''),
  ).join('-')
}

/**
 * A new password: asked for twice at a terminal, without showing it; else, or with `fromStdin`, all of standard input
 * but for the line's end.
 *
 * @throws Failure
 */
export function newPassword(
  deps: CommandContext,
  fromStdin: boolean | undefined,
): Promise<Secret> {
  return deps.stdin.isTTY === true && fromStdin !== true
    ? askTwice(deps)
    : readPassword(deps)
}

const MOST_OCTETS = 4096

async function readPassword({ stdin }: CommandContext): Promise<Secret> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > MOST_OCTETS + 2)
      throw new CommandError(`A password has at most ${MOST_OCTETS} octets.`)
    chunks.push(bytes)
  }
  const text = textOf(Buffer.concat(chunks)).replace(/\r?\n$/, '')
  if (text === '') {
    throw new CommandError(
      'There is no password on standard input. Give it one line: printf %s "$PASSWORD" | watchword …',
    )
  }
  if (/[\r\n]/.test(text))
    throw new CommandError('A password is one line; standard input holds several.')
  return usable(text)
}

/** The token endpoints refuse these before they look at the password, so nobody could sign in with one. */
function usable(password: string): Secret {
  if (trimmed(password) === '') throw new CommandError('A password cannot be blank.')
  if (password.includes('\0'))
    throw new CommandError('A password cannot hold a null character.')
  return new Secret(password)
}

function textOf(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes)
  if (text === undefined)
    throw new CommandError('The password on standard input is not UTF-8.')
  return text
}

async function askTwice({ stdin, stderr }: CommandContext): Promise<Secret> {
  const { createInterface } = await import('node:readline/promises')
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const line = createInterface({
    input: stdin,
    output: nowhere,
    terminal: true,
    historySize: 0,
  })
  const ask = async (question: string): Promise<string> => {
    const stopped = new Promise<never>((_, reject) => {
      line.once('SIGINT', () => reject(new CommandError('Nothing was changed.')))
      line.once('close', () => reject(new CommandError('Nothing was changed.')))
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
    if (first === '')
      throw new CommandError('A password cannot be empty. Nothing was changed.')
    if ((await ask('The same again: ')) !== first)
      throw new CommandError('The two are not the same. Nothing was changed.')
    return usable(first)
  } finally {
    line.close()
  }
}

/** Asks a question that is answered with yes by `y` or `yes` alone. */
export async function confirms(
  { stdin, stderr }: CommandContext,
  question: string,
): Promise<boolean> {
  const { createInterface } = await import('node:readline/promises')
  const line = createInterface({ input: stdin, output: stderr, terminal: false })
  try {
    return /^y(es)?$/i.test((await line.question(`${question} [y/N] `)).trim())
  } finally {
    line.close()
  }
}
