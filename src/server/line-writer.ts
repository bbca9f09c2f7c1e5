import { write, writeSync } from 'node:fs'
import { milliseconds } from '../base/clock.ts'

/** How many characters wait for a reader that has stopped reading. */
const MAX_WAITING = 1_048_576

/** The pause before a full pipe is tried again. */
const RETRY = milliseconds(50)

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
  const writer = new LineWriter(fd, lostLine, maxWaiting)
  process.once('exit', () => writer.writeRest())
  return (line) => writer.add(line)
}

class LineWriter {
  readonly #fd: number
  readonly #lostLine: (count: number) => string
  readonly #maxWaiting: number
  #waiting: string[] = []
  #size = 0
  #lost = 0
  /** The unwritten rest of the batch that is being written. */
  #batch = Buffer.alloc(0)
  #isWriting = false

  constructor(fd: number, lostLine: (count: number) => string, maxWaiting: number) {
    this.#fd = fd
    this.#lostLine = lostLine
    this.#maxWaiting = maxWaiting
  }

  add(line: string): void {
    if (this.#size > this.#maxWaiting) {
      this.#lost++
      return
    }
    this.#waiting.push(`${line}\n`)
    this.#size += line.length + 1
    if (this.#isWriting) return
    this.#isWriting = true
    // Lines of one turn are written together.
    setImmediate(() => this.#writeNext())
  }

  /** Synchronous, for the exit of the process. */
  writeRest(): void {
    try {
      writeSync(this.#fd, Buffer.concat([this.#batch, this.#waitingBytes()]))
    } catch {
      // The reader has closed the pipe.
    }
  }

  #writeNext(): void {
    if (this.#batch.length === 0) this.#takeBatch()
    this.#isWriting = this.#batch.length > 0
    if (!this.#isWriting) return
    write(this.#fd, this.#batch, (error, written) => this.#onWritten(error, written))
  }

  #onWritten(error: NodeJS.ErrnoException | null, written: number): void {
    if (error?.code === 'EAGAIN') {
      setTimeout(() => this.#writeNext(), RETRY).unref()
      return
    }
    // After another error, such as a closed pipe, the batch cannot be delivered.
    const count = error === null ? written : this.#batch.length
    this.#batch = this.#batch.subarray(count)
    this.#writeNext()
  }

  #takeBatch(): void {
    if (this.#lost > 0) this.#waiting.push(`${this.#lostLine(this.#lost)}\n`)
    this.#batch = this.#waitingBytes()
    this.#waiting = []
    this.#size = 0
    this.#lost = 0
  }

  #waitingBytes(): Buffer<ArrayBuffer> {
    return Buffer.from(this.#waiting.join(''))
  }
}
