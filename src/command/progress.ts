import type { CommandContext } from './context.ts'

export interface Progress {
  show(text: string): void
  /** Removes the line from the terminal, so that the result stands alone. */
  clear(): void
}

const ERASE_LINE = '\r\u001b[K'

/** Progress on standard error. */
export function progressOn(
  { stderr }: Pick<CommandContext, 'stderr'>,
  isJson: boolean,
): Progress {
  let shown = 0
  return {
    show(text) {
      if (isJson) return
      if (stderr.isTTY === true) stderr.write(`${ERASE_LINE}${text}`)
      else if (shown === 0) stderr.write(`${text}\n`)
      shown++
    },
    clear() {
      if (shown > 0 && stderr.isTTY === true && !isJson) stderr.write(ERASE_LINE)
    },
  }
}
