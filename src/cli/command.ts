import { Failure, WrongUsage } from './failure.ts'
import { nearest } from './nearest.ts'
import type { World } from './world.ts'

export interface Option {
  readonly type: 'boolean' | 'string'
  /** One letter, typed behind one dash. */
  readonly short?: string
  /** What its value is called in the help, such as `PORT`; with `string` alone. */
  readonly value?: string
  readonly says: string
}

export type OptionTable = Readonly<Record<string, Option>>

export type Values<O extends OptionTable> = {
  readonly [Name in keyof O]?: O[Name]['type'] extends 'boolean' ? boolean : string
}

/** What a command has to say: words for people, and the same as data for programs. */
export interface Answer {
  readonly text: string
  readonly json: unknown
}

/** One use of a command. */
export interface Call<O extends OptionTable> {
  readonly values: Values<O>
  /** As many as the command names. */
  readonly args: readonly string[]
  readonly world: World
  /** Prints an answer before the command is done. */
  say(answer: Answer): void
}

export interface Command<O extends OptionTable = OptionTable> {
  /** As it is typed: `user create`. */
  readonly name: string
  /** One sentence. */
  readonly does: string
  /** The names of its arguments, in capitals; one in brackets may be left out. */
  readonly args: readonly string[]
  /** What is good to know, as one or more paragraphs. */
  readonly about: string
  readonly examples: readonly string[]
  readonly options: O
  /** @returns what is printed at its end */
  run(call: Call<O>): Promise<Answer | undefined>
}

/** Says that an object is a command, and keeps the types of its options. */
export const command = <const O extends OptionTable>(it: Command<O>): Command<O> => it

/** Every command takes these. */
export const COMMON = {
  json: { type: 'boolean', says: 'print JSON, for programs' },
  help: { type: 'boolean', says: 'print this help' },
} as const satisfies OptionTable

export const DATABASE = {
  database: {
    type: 'string',
    value: 'FILE',
    says: 'the database, a file or postgres://…; else WATCHWORD_DATABASE, else watchword.db',
  },
} as const satisfies OptionTable

/**
 * Reads the words after a command's name.
 *
 * Values are never repeated in what it says: one may be a password in the wrong place.
 *
 * @throws WrongUsage
 */
export function parseWords(
  words: readonly string[],
  { name, args, options }: Command,
): { readonly values: Values<OptionTable>; readonly args: readonly string[]; readonly wantsHelp: boolean } {
  const known: OptionTable = { ...options, ...COMMON }
  // An import would load every export, text encodings among them.
  const { parseArgs } = process.getBuiltinModule('node:util')
  const { tokens } = parseArgs({
    args: [...words],
    options: { ...known, help: { type: 'boolean', short: 'h' } },
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const values: Record<string, string | boolean> = {}
  const given: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') given.push(token.value)
    if (token.kind !== 'option') continue
    const option = Object.hasOwn(known, token.name) ? known[token.name] : undefined
    if (option === undefined) throw new WrongUsage(unknownOption(token.rawName, name, known))
    values[token.name] = readValue(token, option)
  }
  const wantsHelp = values.help === true
  if (!wantsHelp) checkCount(given.length, name, args)
  // Each was read in the way that its option says.
  return { values: values as Values<OptionTable>, args: given, wantsHelp }
}

type OptionToken = {
  readonly rawName: string
  readonly value: string | undefined
  readonly inlineValue: boolean | undefined
}

function readValue({ rawName, value, inlineValue }: OptionToken, option: Option): string | boolean {
  if (option.type === 'boolean') {
    if (value !== undefined) throw new WrongUsage(`${rawName} takes no value.`)
    return true
  }
  const isNextOption = inlineValue === false && value?.startsWith('-') === true && value !== '-'
  if (value === undefined || value === '' || isNextOption) {
    throw new WrongUsage(`${rawName} needs a value: ${rawName} ${option.value ?? 'VALUE'}.`)
  }
  return value
}

function unknownOption(typed: string, name: string, known: OptionTable): string {
  if (/^--?p(ass(word|wd)?)?$/.test(typed)) {
    return 'A password does not belong on a command line, where others can see it: it is asked for, or read from standard input.'
  }
  const close = nearest(typed.replace(/^-+/, ''), Object.keys(known))
  return `watchword ${name} has no option ${typed}.${close === undefined ? '' : ` Did you mean --${close}?`}`
}

function checkCount(count: number, name: string, args: readonly string[]): void {
  const needed = args.filter((arg) => !arg.startsWith('['))
  const missing = needed[count]
  if (missing !== undefined)
    throw new WrongUsage(`watchword ${name} needs ${missing}: watchword ${name} ${args.join(' ')}`)
  if (count > args.length) {
    throw new WrongUsage(
      `watchword ${name} takes ${args.length === 0 ? 'no argument' : args.join(' ')}, and nothing after it.`,
    )
  }
}

/** A whole number from an option or the environment. @throws WrongUsage */
export function parseCount(text: string, name: string, [min, max]: readonly [number, number]): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (count >= min && count <= max) return count
  throw new WrongUsage(`${name} must be a whole number from ${min} to ${max}.`)
}

/** @throws Failure the sentence, where there is nothing */
export function found<T>(thing: T | undefined | false, otherwise: string): asserts thing is T {
  if (thing === undefined || thing === false) throw new Failure(otherwise)
}
