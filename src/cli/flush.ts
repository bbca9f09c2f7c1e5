import { command, DATABASE } from './command.ts'
import type { CommandContext } from './context.ts'
import { withInstance } from './open-instance.ts'
import { plural } from './table.ts'

export const flush = command({
  name: 'flush',
  does: 'Deletes sign-ins whose tokens have all expired, expired API tokens, old events, and keys that verify none.',
  args: [],
  about: `Works in batches, beside a running server, and never brings a dead token back to life. Once a day is plenty: storage grows
with sign-ins, not with refreshes.`,
  examples: ['watchword flush', 'watchword flush --json'],
  options: DATABASE,
  async run({ values, deps }) {
    const { progress, done } = progressOn(deps)
    const deleted = await withInstance(values.database, deps, (auth) =>
      auth.flush({ progress }),
    )
    done()
    const { sessions, tokens, events, keys } = deleted
    const counted = [
      plural(sessions, 'sign-in'),
      plural(tokens, 'API token'),
      plural(events, 'event'),
      plural(keys, 'key'),
    ]
    return {
      text: `Deleted ${counted.slice(0, 3).join(', ')} and ${counted[3]}.`,
      json: { sessions, tokens, events, keys },
    }
  },
})

/** On standard error: at a terminal one line that counts up, else a line a batch. */
function progressOn({ stderr }: CommandContext): {
  progress: (deleted: number) => void
  done: () => void
} {
  const atTerminal = stderr.isTTY === true
  let shown = false
  return {
    progress(deleted) {
      if (deleted === 0) return
      shown = true
      stderr.write(
        `${atTerminal ? '\r' : ''}deleted ${deleted.toLocaleString('en-US')}${atTerminal ? ' ' : '\n'}`,
      )
    },
    done() {
      if (shown && atTerminal) stderr.write('\n')
    },
  }
}
