import { CAPTURE_LIMITS, type Captured, HeldBytes, isShown } from '../guard/rendering.ts'

/**
 * Reads an answer to show it in a page, if it is JSON that ends within the limits.
 *
 * @returns the answer as it was, with what has been read of it, if it is something else
 */
export async function captureResponse(response: Response): Promise<Captured | Response> {
  const { status, headers, body } = response
  if (body === null || !isShown(status, (name) => headers.get(name))) return response
  const reader: Reader = body.getReader()
  const read = await readWithin(reader)
  if (!read.isWhole) return new Response(rejoined(read, reader), response)
  const text = Buffer.concat(read.chunks).toString()
  return { status, headers: [...headers], text }
}

type Reader = ReadableStreamDefaultReader<Uint8Array>

interface ReadPart {
  readonly chunks: readonly Uint8Array[]
  readonly isWhole: boolean
  /** A read that has begun. */
  readonly next?: ReturnType<Reader['read']>
}

async function readWithin(reader: Reader): Promise<ReadPart> {
  const { promise: late, resolve } = Promise.withResolvers<'late'>()
  const timer = setTimeout(() => resolve('late'), CAPTURE_LIMITS.milliseconds)
  const chunks: Uint8Array[] = []
  const held = new HeldBytes()
  let mayHold = true
  try {
    while (mayHold) {
      const next = reader.read()
      const read = await Promise.race([next, late])
      if (read === 'late') return { chunks, isWhole: false, next }
      if (read.done) return { chunks, isWhole: true }
      chunks.push(read.value)
      mayHold = held.add(read.value.length)
    }
    return { chunks, isWhole: false }
  } finally {
    clearTimeout(timer)
    held.release()
  }
}

/** What has been read, and then the rest. */
function rejoined(
  { chunks, next }: ReadPart,
  reader: Reader,
): ReadableStream<Uint8Array> {
  const left = [...chunks]
  let pending = next
  return new ReadableStream({
    async pull(controller) {
      const chunk = left.shift()
      if (chunk !== undefined) return controller.enqueue(chunk)
      const read = await (pending ?? reader.read())
      pending = undefined
      if (read.done) controller.close()
      else controller.enqueue(read.value)
    },
    cancel: (reason) => reader.cancel(reason),
  })
}
