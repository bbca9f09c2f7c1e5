/** What went wrong, in one sentence that says what to do. Ends the command with 1. */
export class CommandError extends Error {
  override readonly name: string = 'Failure'
  readonly exitCode: number = 1
}

/** The command was typed wrongly. Ends it with 2. */
export class UsageError extends CommandError {
  override readonly name = 'WrongUsage'
  override readonly exitCode = 2
}

/** The process that this one started for it has said already what went wrong. */
export class ReportedError extends CommandError {
  override readonly name = 'AlreadyTold'
  override readonly exitCode: number
  constructor(exitCode: number) {
    super('told already')
    this.exitCode = exitCode
  }
}
