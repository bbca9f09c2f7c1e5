import { nearest } from '../base/nearest.ts'
import { ownMember } from '../base/optional.ts'
import {
  COMMON,
  type Command,
  type Option,
  type OptionTable,
  type Values,
} from './command.ts'
import { UsageError } from './errors.ts'
import { printable } from './format.ts'

export interface ParsedWords {
  readonly values: Values<OptionTable>
  readonly args: readonly string[]
  readonly wantsHelp: boolean
}

type Declaration = Pick<Command, 'name' | 'args' | 'options'>

/**
 * Parses the words after a command's name.
 *
 * Messages never repeat a value: it may be a password in the wrong place.
 *
 * @throws UsageError
 */
export function parseWords(words: readonly string[], command: Declaration): ParsedWords {
  const known: OptionTable = { ...command.options, ...COMMON }
  // An import would load every export, text encodings among them.
  const { parseArgs } = process.getBuiltinModule('node:util')
  const { tokens } = parseArgs({
    args: [...words],
    options: known,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const values: Record<string, string | boolean | string[]> = {}
  const args: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') args.push(token.value)
    if (token.kind === 'option') {
      const option = optionOf(token, command.name, known)
      const value = readValue(token, option)
      const { name } = token
      if (option.multiple) values[name] = [values[name] ?? [], value].flat() as string[]
      else values[name] = value
    }
  }
  const wantsHelp = values.help === true
  if (!wantsHelp) checkCount(args.length, command)
  // `readValue` returned what each option's type asks for.
  return { values: values as Values<OptionTable>, args, wantsHelp }
}

interface OptionToken {
  readonly name: string
  readonly rawName: string
  readonly value: string | undefined
  readonly inlineValue: boolean | undefined
}

function optionOf(
  { name, rawName }: OptionToken,
  command: string,
  known: OptionTable,
): Option {
  const option = ownMember(known, name)
  if (option !== undefined) return option
  if (/^--?p(ass(word|wd)?)?$/.test(rawName)) throw new UsageError(PASSWORD_ON_LINE)
  throw new UsageError(
    `watchword ${command} has no option ${printable(rawName)}. ${hint(name, command, known)}`,
  )
}

const PASSWORD_ON_LINE =
  'A password must not be on the command line, where other users of this machine can read it. Leave it out: the command asks for it, or reads it from standard input.'

function hint(name: string, command: string, known: OptionTable): string {
  const close = nearest(name, Object.keys(known))
  if (close !== undefined) return `Did you mean --${close}?`
  return `Its options: watchword help ${command}`
}

function readValue(token: OptionToken, option: Option): string | boolean {
  if (option.type === 'string') return readText(token, option)
  if (token.value === undefined) return true
  throw new UsageError(`${token.rawName} takes no value: type ${token.rawName} alone.`)
}

function readText(
  { rawName, value = '', inlineValue }: OptionToken,
  option: Option,
): string {
  const isNextOption = inlineValue === false && value.startsWith('-') && value !== '-'
  if (value !== '' && !isNextOption) return value
  throw new UsageError(`${rawName} needs a value: ${rawName} ${option.value ?? 'VALUE'}.`)
}

function checkCount(count: number, { name, args }: Declaration): void {
  const usage = ['watchword', name, ...args].join(' ')
  const missing = args.filter((arg) => !arg.startsWith('['))[count]
  if (missing !== undefined)
    throw new UsageError(`watchword ${name} needs ${missing}: ${usage}`)
  if (count <= args.length) return
  if (args.length === 0) {
    throw new UsageError(`watchword ${name} takes no argument, only options: ${usage}`)
  }
  throw new UsageError(
    `watchword ${name} takes ${counted(args.length)} at most: ${usage}`,
  )
}

function counted(count: number): string {
  if (count === 1) return 'one argument'
  return `${count} arguments`
}
