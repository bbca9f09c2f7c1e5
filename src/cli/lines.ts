/** A line of a stream of bytes. */
export interface Line {
  /** From 1. */
  readonly number: number
  /** Without its end; `undefined` if it is too long or not UTF-8. */
  readonly text: string | undefined
}

/** Longer lines are not kept in memory. */
const MAX_BYTES = 1024 * 1024

const LINE_FEED = 10

/** The lines of a stream of any length. */
export async function* linesOf(
  chunks: AsyncIterable<Buffer | string>,
): AsyncGenerator<Line> {
  const line = new LineBuffer()
  for await (const chunk of chunks) {
    let rest = Buffer.from(chunk as Buffer)
    for (let end = rest.indexOf(LINE_FEED); end !== -1; end = rest.indexOf(LINE_FEED)) {
      line.add(rest.subarray(0, end))
      yield line.take()
      rest = rest.subarray(end + 1)
    }
    line.add(rest)
  }
  if (!line.isEmpty) yield line.take()
}

class LineBuffer {
  #number = 0
  #size = 0
  #parts: Buffer[] = []

  get isEmpty(): boolean {
    return this.#size === 0
  }

  add(part: Buffer): void {
    this.#size += part.length
    if (this.#size <= MAX_BYTES) this.#parts.push(part)
    else this.#parts = []
  }

  take(): Line {
    const text = this.#text()
    this.#number++
    this.#size = 0
    this.#parts = []
    return { number: this.#number, text }
  }

  #text(): string | undefined {
    if (this.#size > MAX_BYTES) return undefined
    return textOf(Buffer.concat(this.#parts))
  }
}

/** A byte order mark is no part of the text. */
function textOf(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
