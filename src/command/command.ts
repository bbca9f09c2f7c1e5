import type { CommandContext } from './context.ts'

export interface Option {
  readonly type: 'boolean' | 'string'
  /** One letter, typed after one dash. */
  readonly short?: string
  /** Whether it may be typed several times; for `string` only. */
  readonly multiple?: boolean
  /** The name of its value in the help, such as `PORT`; for `string` only. */
  readonly value?: string
  readonly help: string
  /** The environment variable to use in its place if its value has a password, which every user of the machine could read. */
  readonly passwordIn?: string
}

export type OptionTable = Readonly<Record<string, Option>>

export type Values<O extends OptionTable> = {
  readonly [Name in keyof O]?: ValueOf<O[Name]>
}

type ValueOf<Each extends Option> = Each['type'] extends 'boolean'
  ? boolean
  : Each extends { readonly multiple: true }
    ? readonly string[]
    : string

/** The result of a command: text for people, and the same as data for programs (`--json`). */
export interface CommandOutput {
  readonly text: string
  readonly json: unknown
}

export interface OpenOptions {
  /** Opens the signing keys too, which needs the secret that encrypts them. */
  readonly withKeys?: boolean
  /** Sections of the options of `watchword()` that the command needs, such as `{ mail }`. */
  readonly options?: object
  /** Makes the database if it does not exist. */
  readonly create?: boolean
}

/** One call of a command. `Instance` is what the command uses of a `watchword()` instance. */
export interface Call<O extends OptionTable, Instance> {
  readonly values: Values<O>
  /** The arguments, as many as the command declares. */
  readonly args: readonly string[]
  readonly context: CommandContext
  /** Prints a result before the command ends. */
  print(output: CommandOutput): void
  /**
   * Shows how far long work is, on standard error: on a terminal in one line that is rewritten, elsewhere the first time
   * only, and not at all with `--json`.
   */
  progress(text: string): void
  /** The instance that `start` would serve, for a command that `describesServer`. It is not opened. */
  serverInstance(): Promise<Instance>
  /**
   * Opens an instance on a database, runs `work` and closes the instance. What `work` changes is in the audit log as done
   * by a command.
   *
   * @param database the value of `--database`
   * @throws CommandError if the database does not exist, unless `create` is set
   */
  open<T>(
    database: string | undefined,
    work: (auth: Instance) => Promise<T>,
    options?: OpenOptions,
  ): Promise<T>
}

export interface Command<O extends OptionTable = OptionTable, Instance = never> {
  /** What is typed after `watchword`, such as `user create`. */
  readonly name: string
  /** One sentence, for the list of commands. */
  readonly summary: string
  /** The names of its arguments, in capitals; in brackets if optional. */
  readonly args: readonly string[]
  /** One or more paragraphs, wrapped when they are shown. */
  readonly description: string
  readonly examples: readonly string[]
  readonly options: O
  /** Whether it takes the options of `start` that say which endpoints there are, for `serverInstance`. */
  readonly describesServer?: true
  /** @returns what is printed at the end */
  run(call: Call<O, Instance>): Promise<CommandOutput | undefined>
}

/** Commands by name. Each is loaded when it is used, so that one command does not pay for the others. */
export type CommandTable<Instance = never> = Readonly<
  Record<string, () => Promise<Command<OptionTable, Instance>>>
>

/** Defines a command that opens no instance through its call; keeps the types of its options. */
export const command = <const O extends OptionTable>(
  definition: Command<O>,
): Command<O> => definition

/** Defines a command that uses this part of an instance: `commandFor<{ users: … }>()({ name, … })`. */
export const commandFor =
  <Instance>() =>
  <const O extends OptionTable>(definition: Command<O, Instance>): Command<O, Instance> =>
    definition

/** Options of every command. */
export const COMMON = {
  json: { type: 'boolean', help: 'print JSON, for programs' },
  help: { type: 'boolean', short: 'h', help: 'print this help' },
} as const satisfies OptionTable

export const DATABASE = {
  database: {
    type: 'string',
    value: 'DATABASE',
    help: 'a file or postgres://…; default: WATCHWORD_DATABASE, or watchword.db',
    passwordIn: 'WATCHWORD_DATABASE',
  },
} as const satisfies OptionTable
