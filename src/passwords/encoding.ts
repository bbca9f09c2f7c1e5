/** An amount of computing. Amounts of one kind add up: computing two halves takes as long as the whole. */
export interface Work {
  readonly kind: string
  readonly units: number
}

/** A parsed password hash, its parameters within bounds. */
export interface ParsedHash {
  readonly work: Work
  /** Whether the hash has another algorithm or weaker parameters than new ones: it is replaced at the next sign-in. */
  readonly outdated: boolean
  /** Takes `work` for every result. */
  verify(password: Buffer): Promise<boolean>
  /** Computes `units` of the same kind of work and discards the result. */
  spend(units: number, password: Buffer): Promise<void>
}

/** One notation of hashes: Django's `name$rest`, or `$name$rest` (the modular crypt and PHC string formats). */
export interface Encoding {
  /**
   * Parses the part after the name and its `$`. Bounds are checked first, so that no stored hash takes more than seconds or 256 MiB.
   *
   * @returns `undefined` if it is malformed, not canonical, or out of bounds
   * @throws AuthError `invalid_config` if it needs a package that is not installed
   */
  parse(rest: string): ParsedHash | undefined | Promise<ParsedHash | undefined>
}

/** Decodes canonical base64. @param padded whether `=` ends it @returns `undefined` if it is not canonical */
export function bytesOfBase64(text: string, padded = true): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  if (base64Of(bytes, padded) !== text) return undefined
  return bytes
}

export function base64Of(bytes: Buffer, padded = true): string {
  const text = bytes.toString('base64')
  if (padded) return text
  return text.replace(/=+$/, '')
}
