import type { CommandOutput } from '../command/command.ts'
import type { CommandContext } from '../command/context.ts'
import { parseWords } from '../command/parse-words.ts'
import { type Progress, progressOn } from '../command/progress.ts'
import { findCommand, isGroup } from './commands.ts'
import { openWith } from './open-instance.ts'
import { warnOfPasswords } from './password-on-line.ts'
import { lineOf, reportError } from './report-error.ts'

/** The command, in this process. Its exit code is left in `process.exitCode`. */
export async function run(): Promise<void> {
  // A reader that closes its end early, such as `head`, is not an error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'EPIPE' ? 0 : 1),
  )
  process.exitCode = await main(process.argv.slice(2), process)
}

interface Terminal {
  readonly context: CommandContext
  readonly progress: Progress
  print(output: CommandOutput): void
}

/** @returns 0 done, 1 failed, 2 wrong usage */
export async function main(
  words: readonly string[],
  context: CommandContext,
): Promise<number> {
  const isJson = words.includes('--json')
  const progress = progressOn(context, isJson)
  const print = (output: CommandOutput): void => {
    progress.clear()
    context.stdout.write(`${lineOf(output, isJson)}\n`)
  }
  try {
    const output = await outputOf(words, { context, progress, print })
    if (output !== undefined) print(output)
    return 0
  } catch (error) {
    progress.clear()
    return reportError(error, context, isJson)
  }
}

async function outputOf(
  words: readonly string[],
  { context, progress, print }: Terminal,
): Promise<CommandOutput | undefined> {
  const [first = 'help', second = '', ...others] = words
  if (VERSION.has(first)) return versionOutput()
  if (first === 'help' || isHelp(first)) return help([second, ...others], context)
  if (isHelp(second) && (await isGroup(first))) return help([first], context)

  const { command, rest } = await findCommand(words)
  const { values, args, wantsHelp } = parseWords(rest, command)
  if (wantsHelp) return help(command.name.split(' '), context)
  warnOfPasswords(values, command.options, context)
  return command.run({
    values,
    args,
    context,
    print,
    progress: progress.show,
    serverInstance: async () =>
      (await import('./server-instance.ts')).serverInstance(values, context),
    open: openWith(context),
  })
}

const VERSION: ReadonlySet<string> = new Set(['version', '--version', '-v'])

const isHelp = (word: string): boolean => word === '--help' || word === '-h'

async function versionOutput(): Promise<CommandOutput> {
  const { version } = await import('./version.ts')
  return { text: version, json: { version } }
}

async function help(
  words: readonly string[],
  { stdout }: CommandContext,
): Promise<CommandOutput> {
  const { helpFor, helpOf } = await import('./help.ts')
  const names = words.filter((word) => !/^(|help|-.*)$/.test(word))
  const [group] = names
  if (group === undefined) return helpOutput(await helpOf(undefined, stdout.columns))
  if (names.length === 1 && (await isGroup(group)))
    return helpOutput(await helpOf(group, stdout.columns))
  const { command } = await findCommand(names)
  return helpOutput(helpFor(command, stdout.columns))
}

const helpOutput = (text: string): CommandOutput => ({ text, json: { help: text } })
