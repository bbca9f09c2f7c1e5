import { COMMON, type Command, type OptionTable } from '../command/command.ts'
import { allCommands } from './commands.ts'
import { version } from './version.ts'

/** The list of commands. @param group leaves only those that begin with this word */
export async function helpOf(
  group: string | undefined,
  columns: number | undefined,
): Promise<string> {
  const width = widthOf(columns)
  const commands = Object.entries(await allCommands()).filter(
    ([name]) => group === undefined || name.startsWith(`${group} `),
  )
  const rows = await Promise.all(
    commands.map(async ([name, load]) => {
      const { args, summary } = await load()
      return [['watchword', name, ...args].join(' '), summary] as const
    }),
  )
  const [[example = ''] = []] = commands
  const about = [
    `More about a command: watchword help ${example}, or --help after it. Every command takes --json.`,
  ]
  if (group === undefined) about.push(...START)
  return [
    `watchword ${version}: token authentication for your API`,
    twoColumns(rows, width),
    ...about.map((paragraph) => wrap(paragraph, width)),
  ].join('\n\n')
}

const START = [
  'To try it here: watchword dev',
  'Exit codes: 0 done, 1 failed, 2 wrong usage. WATCHWORD_DEBUG=1 prints the stack of an error.',
]

export function helpFor(
  {
    name,
    summary,
    args,
    description,
    examples,
    options,
  }: Pick<Command, 'name' | 'summary' | 'args' | 'description' | 'examples' | 'options'>,
  columns: number | undefined,
): string {
  const width = widthOf(columns)
  const all: OptionTable = { ...options, ...COMMON }
  const rows = Object.entries(all).map(
    ([name, option]) => [usageOf(name, option), option.help] as const,
  )
  return [
    `${['watchword', name, ...args].join(' ')} [options]`,
    wrap(summary, width),
    paragraphs(description, width),
    `Examples\n${examples.map((example) => `  ${example}`).join('\n')}`,
    `Options\n${twoColumns(rows, width)}`,
  ].join('\n\n')
}

/** Formats an option, such as `--port, -p PORT`. */
function usageOf(name: string, { short, value }: OptionTable[string]): string {
  const names = [`--${name}`]
  if (short !== undefined) names.push(`-${short}`)
  return [names.join(', '), value ?? ''].join(' ').trim()
}

/** Long lines are hard to read even on a wide terminal. */
const MAX_WIDTH = 100

const widthOf = (columns = 80): number => Math.max(40, Math.min(columns, MAX_WIDTH))

const paragraphs = (text: string, width: number): string =>
  text
    .split('\n\n')
    .map((paragraph) => wrap(paragraph, width))
    .join('\n\n')

/** Breaks text between words; lines after the first are indented. */
function wrap(text: string, width: number, indent = 0): string {
  const lines = ['']
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1) ?? ''
    const isFull = line !== '' && line.length + 1 + word.length > width - indent
    if (isFull) lines.push(word)
    else lines[lines.length - 1] = `${line} ${word}`.trimStart()
  }
  return lines.join(`\n${' '.repeat(indent)}`)
}

/** Less room than this for the right column, and it goes below the left one. */
const MIN_RIGHT = 30

function twoColumns(
  rows: readonly (readonly [left: string, right: string])[],
  width: number,
): string {
  const left = Math.max(...rows.map(([text]) => text.length)) + 5
  const beside = ([name, text]: (typeof rows)[number]): string =>
    `  ${name}`.padEnd(left) + wrap(text, width, left)
  const below = ([name, text]: (typeof rows)[number]): string =>
    `  ${name}\n      ${wrap(text, width, 6)}`
  const isNarrow = width - left < MIN_RIGHT
  return rows.map(isNarrow ? below : beside).join('\n')
}
