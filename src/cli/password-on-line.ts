import type { Cluster } from 'node:cluster'
import type { OptionTable, Values } from '../command/command.ts'
import type { CommandContext } from '../command/context.ts'

/** Warns if the value of an option is an address with a password: the list of processes shows it to every user. */
export function warnOfPasswords(
  values: Values<OptionTable>,
  options: OptionTable,
  { stderr }: CommandContext,
): void {
  for (const [name, { passwordIn }] of Object.entries(options)) {
    const value = values[name]
    if (passwordIn === undefined || typeof value !== 'string') continue
    if (!hasPassword(value) || isWorker()) continue
    stderr.write(
      `Warning: the list of processes shows the password in --${name} to all users of this machine. Set ${passwordIn} instead of --${name}.\n`,
    )
  }
}

/** A URL, with the password in front of the host or as a parameter, or the keywords of libpq: `host=db password=…`. */
const hasPassword = (address: string): boolean =>
  /:\/\/[^/?#@:]*:.+@/s.test(address) || PASSWORD_PARAMETER.test(decoded(address))

/** `sslpassword` decrypts the key of a client certificate. */
const PASSWORD_PARAMETER = /(?:^|[?&\s])(?:ssl)?password\s*=\s*[^\s&]/i

/** Names of parameters may be percent-encoded; a `%` that encodes nothing stays. */
const decoded = (text: string): string =>
  text.replace(/%[2-7][\da-f]/gi, (encoded) => decodeURIComponent(encoded))

/** Workers have the command line of the process that starts them, which has warned. */
const isWorker = (): boolean =>
  (process.getBuiltinModule('node:cluster') as unknown as Cluster).isWorker
