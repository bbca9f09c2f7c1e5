/** An error of a command, in one sentence that says what to do. Ends the command with 1. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError'
  readonly exitCode: number = 1
}

/** The command line is wrong. Ends the command with 2. */
export class UsageError extends CommandError {
  override readonly name = 'UsageError'
  override readonly exitCode = 2
}

/** A process started by this one failed and has printed the reason itself. */
export class ReportedError extends CommandError {
  override readonly name = 'ReportedError'
  override readonly exitCode: number

  constructor(exitCode: number) {
    super('The reason was printed already.')
    this.exitCode = exitCode
  }
}

/** Asserts that something was found. @throws CommandError with this message if the value is `undefined` or `false` */
export function assertFound<T>(
  value: T | undefined | false,
  message: string,
): asserts value is T {
  if (value === undefined || value === false) throw new CommandError(message)
}
