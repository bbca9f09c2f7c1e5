/** What a handler has answered, as far as a page shows it. */
export interface Captured {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly text: string
}

/** Limits of an answer that is held back, and of all of them: a larger or slower one passes through. */
export const CAPTURE_LIMITS = {
  bytes: 1_048_576,
  allBytes: 67_108_864,
  milliseconds: 1_000,
} as const

/** Counts the bytes of one answer that are held back, among those of all. */
export class HeldBytes {
  static #all = 0
  #own = 0

  /** @returns whether they may be held */
  add(bytes: number): boolean {
    this.#own += bytes
    HeldBytes.#all += bytes
    return this.#own <= CAPTURE_LIMITS.bytes && HeldBytes.#all <= CAPTURE_LIMITS.allBytes
  }

  release(): void {
    HeldBytes.#all -= this.#own
    this.#own = 0
  }
}

/** Whether an answer is shown in a page: one that a browser would follow, save or stream is not. */
export function isShown(
  status: number,
  headerOf: (name: string) => string | null | undefined,
): boolean {
  if (status < 200 || status === 204 || status === 205 || WITHOUT_PAGE(status))
    return false
  if (headerOf('content-encoding') || headerOf('content-disposition')) return false
  return /^application\/(?:[\w.+-]+\+)?json\b/i.test(headerOf('content-type') ?? '')
}

const WITHOUT_PAGE = (status: number): boolean => status >= 300 && status < 400
