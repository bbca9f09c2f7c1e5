import { type CommandOutput, parseWords } from './command.ts'
import { COMMANDS, commandNamed, isGroup } from './commands.ts'
import type { CommandContext } from './context.ts'
import { messageOf } from './error-message.ts'
import { CommandError, ReportedError } from './errors.ts'

/** The command, in this process. Its exit code is left in `process.exitCode`. */
export async function run(): Promise<void> {
  // A reader that has seen enough, such as `head`, is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'EPIPE' ? 0 : 1),
  )
  process.exitCode = await main(process.argv.slice(2), process)
}

/** @returns 0 done, 1 failed, 2 typed wrongly */
export async function main(
  words: readonly string[],
  deps: CommandContext,
): Promise<number> {
  const asJson = words.includes('--json')
  const say = ({ text, json }: CommandOutput): void => {
    deps.stdout.write(`${asJson ? JSON.stringify(json) : text}\n`)
  }
  try {
    const answer = await answerOf(words, deps, say)
    if (answer !== undefined) say(answer)
    return 0
  } catch (error) {
    if (error instanceof ReportedError) return error.exitCode
    const message = messageOf(error)
    deps.stderr.write(`${asJson ? JSON.stringify({ error: message }) : message}\n`)
    if (deps.env.WATCHWORD_DEBUG === '1') console.error(error)
    return error instanceof CommandError ? error.exitCode : 1
  }
}

async function answerOf(
  words: readonly string[],
  deps: CommandContext,
  say: (answer: CommandOutput) => void,
): Promise<CommandOutput | undefined> {
  const [first = 'help', ...others] = words
  if (first === '--version' || first === '-v') {
    const { version } = await import('./version.ts')
    return { text: version, json: { version } }
  }
  if (first === 'help' || first === '--help' || first === '-h') return help(others)

  const { name, rest } = commandNamed(words)
  const command = await COMMANDS[name]!()
  const { values, args, wantsHelp } = parseWords(rest, command)
  if (wantsHelp) return help(name.split(' '))
  return command.run({ values, args, deps, say })
}

async function help(words: readonly string[]): Promise<CommandOutput> {
  const { helpFor, helpOf } = await import('./help.ts')
  const name = words.filter((word) => !word.startsWith('-')).join(' ')
  if (name === '') return textAnswer(await helpOf())
  if (isGroup(name)) return textAnswer(await helpOf(name))
  return textAnswer(helpFor(await COMMANDS[commandNamed(name.split(' ')).name]!()))
}

const textAnswer = (text: string): CommandOutput => ({ text, json: { help: text } })
