import { COMMON, type Command, type OptionTable } from './command.ts'
import { COMMANDS } from './commands.ts'
import { version } from './version.ts'

/** What there is to type. `group` leaves only the commands that begin with that word. */
export async function helpOf(group?: string): Promise<string> {
  const names = Object.keys(COMMANDS).filter(
    (name) => group === undefined || name.startsWith(`${group} `),
  )
  const lines = await Promise.all(
    names.map(async (name) => {
      const { args, does } = await COMMANDS[name]!()
      return [[name, ...args].join(' '), does] as const
    }),
  )
  return `watchword ${version}: token authentication for your API

${columns(lines, '  watchword ')}

Each tells more: watchword help ${names[0]}, or --help after it. All take --json.
Try it here: watchword dev
Exit codes: 0 done, 1 failed, 2 typed wrongly. WATCHWORD_DEBUG=1 shows where an error came from.`
}

export function helpFor({ name, does, args, about, examples, options }: Command): string {
  const all: OptionTable = { ...options, ...COMMON }
  const rows = Object.entries(all).map(([option, { short, value, says }]) => {
    const typed = short === undefined ? `--${option}` : `--${option}, -${short}`
    return [value === undefined ? typed : `${typed} ${value}`, says] as const
  })
  return `${['watchword', name, ...args].join(' ')} [options]

${does}

${about}

Examples
${examples.map((example) => `  ${example}`).join('\n')}

Options
${columns(rows, '  ')}`
}

function columns(rows: readonly (readonly [string, string])[], indent: string): string {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows
    .map(([left, right]) => `${indent}${left.padEnd(width)}   ${right}`)
    .join('\n')
}
