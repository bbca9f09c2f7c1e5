import { write, writeSync } from 'node:fs'

/** Characters that may wait for a reader that has stopped reading. */
const MAX_WAITING = 1_048_576

/** Milliseconds before a full pipe is tried again. */
const RETRY = 50

/**
 * Writes lines to a file descriptor without waiting for it, so that a slow reader of the log does not stop the server. If it
 * falls behind by more than a MiB, lines are dropped, and a line with their number follows as soon as there is room.
 *
 * @param lostLine makes that line
 */
export function lineWriter(
  fd: number,
  lostLine: (count: number) => string,
  maxWaiting = MAX_WAITING,
): (line: string) => void {
  let waiting: string[] = []
  let size = 0
  let lost = 0
  /** What is left of the batch that is being written. */
  let batch = Buffer.alloc(0)
  let isWriting = false

  const takeBatch = (): void => {
    if (lost > 0) waiting.push(`${lostLine(lost)}\n`)
    batch = Buffer.from(waiting.join(''))
    waiting = []
    size = 0
    lost = 0
  }

  const writeNext = (): void => {
    if (batch.length === 0) takeBatch()
    isWriting = batch.length > 0
    if (!isWriting) return
    write(fd, batch, (error, written) => {
      if (error?.code === 'EAGAIN') return void setTimeout(writeNext, RETRY).unref()
      // After another error, such as a closed pipe, the batch cannot be delivered.
      batch = error ? Buffer.alloc(0) : batch.subarray(written)
      writeNext()
    })
  }

  process.once('exit', () => {
    try {
      writeSync(fd, Buffer.concat([batch, Buffer.from(waiting.join(''))]))
    } catch {
      // The reader is gone.
    }
  })

  return (line) => {
    if (size > maxWaiting) {
      lost++
      return
    }
    waiting.push(`${line}\n`)
    size += line.length + 1
    if (isWriting) return
    isWriting = true
    // Lines of one turn are written together.
    setImmediate(writeNext)
  }
}
