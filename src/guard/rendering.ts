/** What a handler has answered, as far as a page shows it. */
export interface Captured {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly text: string
}

/** How long and how large an answer is that is held back; what is more passes through. */
export const CAPTURE_LIMITS = { bytes: 1_048_576, milliseconds: 1_000 } as const

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
