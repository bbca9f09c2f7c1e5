import { write, writeSync } from 'node:fs'

/** Octets that wait for a reader who has stopped reading, at the most: a log that nobody takes must not stop a server. */
const MOST_WAITING = 1_048_576

/** Milliseconds before a pipe that is full is tried again. */
const RETRY = 50

/**
 * Writes lines to a file descriptor without ever waiting for it. Where its reader falls behind by more than a MiB, lines are
 * lost, and how many is told once there is room.
 *
 * @param lost makes the line that tells how many were lost
 */
export function lineWriter(
  fd: number,
  lost: (count: number) => string,
  most = MOST_WAITING,
): (line: string) => void {
  let waiting: string[] = []
  let size = 0
  let missing = 0
  /** What is being written, or still has to be. */
  let rest = Buffer.alloc(0)
  let isWriting = false

  const next = (): void => {
    if (rest.length === 0) {
      if (missing > 0) waiting.push(`${lost(missing)}\n`)
      rest = Buffer.from(waiting.join(''))
      waiting = []
      size = 0
      missing = 0
    }
    isWriting = rest.length > 0
    if (!isWriting) return
    write(fd, rest, (error, written) => {
      if (error?.code === 'EAGAIN') return void setTimeout(next, RETRY).unref()
      // A reader that is gone reads nothing any more.
      rest = error ? Buffer.alloc(0) : rest.subarray(written)
      next()
    })
  }

  process.once('exit', () => {
    try {
      writeSync(fd, Buffer.concat([rest, Buffer.from(waiting.join(''))]))
    } catch {
      // Nobody is there to read it.
    }
  })

  return (line) => {
    if (size > most) {
      missing++
      return
    }
    waiting.push(`${line}\n`)
    size += line.length + 1
    if (isWriting) return
    isWriting = true
    // What is told in one turn is written at once.
    setImmediate(next)
  }
}
