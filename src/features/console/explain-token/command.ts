import { commandFor, DATABASE } from '../../../command/command.ts'
import { UsageError } from '../../../command/errors.ts'
import { printable } from '../../../command/format.ts'
import { tableOf } from '../../../command/table.ts'
import type { ExplainedToken } from './explained.ts'

/** What the command uses of an instance. */
export interface TokenExplainer {
  explainToken(token: string): Promise<ExplainedToken>
}

export const explain = commandFor<TokenExplainer>()({
  name: 'explain',
  summary: 'Says what a token is, and why it is accepted or refused.',
  args: ['[TOKEN]'],
  description: `Takes an access, refresh or sliding token, an API token, or the cookie of a browser session, with or without "Bearer". Nothing is exchanged,
stored or logged. Without TOKEN it is read from standard input, so that it is in no history of a shell: a valid token gives access.

Options of an application, such as tokens.leeway, are not known to the command: it judges by the defaults. The console of the application
judges by its options.`,
  examples: ['watchword explain < token.txt', 'pbpaste | watchword explain'],
  options: DATABASE,
  async run({ values, args, context, open }) {
    const token = args[0] ?? (await textOf(context.stdin))
    if (token.trim() === '')
      throw new UsageError(
        'The token is missing. Pass it as an argument, or on standard input: watchword explain < token.txt',
      )
    const explained = await open(values.database, (auth) => auth.explainToken(token), {
      withKeys: true,
    })
    return { text: textOfExplained(explained), json: explained }
  },
})

const MAX_BYTES = 65_536

async function textOf(input: AsyncIterable<Buffer | string>): Promise<string> {
  let text = ''
  for await (const part of input) {
    text += String(part)
    if (text.length > MAX_BYTES) break
  }
  return text
}

function textOfExplained(explained: ExplainedToken): string {
  const { summary, advice, option, kind, user, checks, header, claims } = explained
  const of = user === undefined ? '' : `, of ${printable(user.username)} (${user.id})`
  const lines = [summary, ...(advice === '' ? [] : [advice])]
  if (option !== undefined) lines.push(`Decided by: ${option}`)
  lines.push('', `Kind: ${kind}${of}`, '')
  const rows = checks.map(({ name, outcome, text }) => [name, outcome, text])
  lines.push(tableOf(['CHECK', 'OUTCOME', ''], rows))
  const members = [...header, ...claims]
  if (members.length > 0)
    lines.push(
      '',
      tableOf(
        ['NAME', 'VALUE', 'MEANING'],
        members.map(({ name, value, meaning }) => [name, value, meaning]),
      ),
    )
  return lines.join('\n')
}
