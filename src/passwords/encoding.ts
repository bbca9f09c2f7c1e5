/** An amount of computing. Of one kind amounts add up: two halves cost what the whole costs. */
export interface Work {
  readonly kind: string
  readonly units: number
}

/** The text of a password's hash, read: everything in it is within bounds. */
export interface Encoded {
  readonly work: Work
  /** Whether the hash is to be replaced at the next chance: another algorithm, or weaker parameters than today's. */
  readonly outdated: boolean
  /** Costs `work`, whatever the answer. */
  verify(password: Buffer): Promise<boolean>
  /** Computes `units` of the same kind of work, for nothing. */
  spend(units: number, password: Buffer): Promise<void>
}

/** One of Django's notations, `name$rest`. */
export interface Encoding {
  /**
   * Reads what stands behind the name. Bounds are asked first: no text makes a process compute for more than seconds or
   * take more than 256 MiB.
   *
   * @returns `undefined` where it is not of this notation, not canonical, or out of bounds
   * @throws AuthError `invalid_config` where it takes a package that is not installed
   */
  parse(rest: string): Encoded | undefined | Promise<Encoded | undefined>
}

/** The octets that canonical base64 stands for; without `padded`, with no `=` at its end. */
export function bytesOfBase64(text: string, padded = true): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return base64Of(bytes, padded) === text ? bytes : undefined
}

export function base64Of(bytes: Buffer, padded = true): string {
  const text = bytes.toString('base64')
  return padded ? text : text.replace(/=+$/, '')
}
