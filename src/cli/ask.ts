import type { Interface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { Secret } from '../base/secret.ts'
import { decodeUtf8 } from '../base/utf8.ts'
import { trimmed } from '../base/whitespace.ts'
import type { CommandContext } from '../command/context.ts'
import { CommandError } from '../command/errors.ts'

/**
 * Reads a new password: on a terminal it is asked for twice and not shown; otherwise, or with `fromStdin`, it is all of standard
 * input without the end of the line.
 *
 * @throws CommandError
 */
export function newPassword(
  context: CommandContext,
  fromStdin: boolean | undefined,
): Promise<Secret> {
  const canAsk = context.stdin.isTTY === true && fromStdin !== true
  if (canAsk) return askTwice(context)
  return readPassword(context)
}

const MAX_BYTES = 4096

async function readPassword({ stdin }: CommandContext): Promise<Secret> {
  const text = decoded(await readAll(stdin)).replace(/\r?\n$/, '')
  if (text === '') {
    throw new CommandError(
      'There is no password on standard input. Pass it as one line: printf %s "$PASSWORD" | watchword …',
    )
  }
  if (/[\r\n]/.test(text))
    throw new CommandError('A password must be one line; standard input has several.')
  return usable(text)
}

async function readAll(stdin: CommandContext['stdin']): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > MAX_BYTES + '\r\n'.length)
      throw new CommandError(`A password must have at most ${MAX_BYTES} bytes.`)
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
}

function decoded(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes)
  if (text === undefined)
    throw new CommandError('The password on standard input must be UTF-8.')
  return text
}

/** The token endpoints reject blank passwords and null characters, so no sign-in could succeed with one. */
function usable(password: string): Secret {
  if (trimmed(password) === '') throw new CommandError('A password must not be blank.')
  if (password.includes('\0'))
    throw new CommandError('A password must not contain a null character.')
  return new Secret(password)
}

async function askTwice({ stdin, stderr }: CommandContext): Promise<Secret> {
  const { createInterface } = await import('node:readline/promises')
  const output = new Writable({ write: (_chunk, _encoding, done) => done() })
  const options = { input: stdin, output, terminal: true, historySize: 0 }
  const line = createInterface(options)
  try {
    const first = await askHidden('New password: ', line, stderr)
    if (first === '')
      throw new CommandError('A password must not be empty. Nothing was changed.')
    if ((await askHidden('New password (again): ', line, stderr)) !== first)
      throw new CommandError('The two passwords differ. Nothing was changed.')
    return usable(first)
  } finally {
    line.close()
  }
}

async function askHidden(
  question: string,
  line: Interface,
  stderr: CommandContext['stderr'],
): Promise<string> {
  const aborted = new Promise<never>((_, reject) => {
    const abort = (): void => reject(new CommandError('Nothing was changed.'))
    line.once('SIGINT', abort).once('close', abort)
  })
  stderr.write(question)
  try {
    return await Promise.race([line.question(''), aborted])
  } finally {
    stderr.write('\n')
  }
}

/** Asks a question; only `y` and `yes` mean yes. */
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
