/** The keys are spread over this many tables, so that one grows in a millisecond or so. */
const TABLES = 1024
const TABLE_BITS = 10

const SMALLEST = 8

/** A table doubles before more than this part of its slots is taken: a lookup then meets a free slot after a few steps. */
const FULLEST = 5 / 8

/** A key: two 32-bit halves that are evenly distributed and not both 0. */
export interface Int64 {
  readonly high: number
  readonly low: number
}

/** A set of 64-bit keys. 13 to 26 bytes a key. */
export class Int64Set {
  readonly #tables: (Table | undefined)[] = new Array<undefined>(TABLES).fill(undefined)
  #size = 0

  get size(): number {
    return this.#size
  }

  has(key: Int64): boolean {
    return this.#tables[placeOf(key)]?.has(key) === true
  }

  add(key: Int64): void {
    const place = placeOf(key)
    const table = this.#tables[place] ?? new Table()
    this.#tables[place] = table
    if (table.add(key)) this.#size++
  }
}

const placeOf = ({ high }: Int64): number => high >>> (32 - TABLE_BITS)

/** Open addressing: a key is in the first slot that was free, from the one that its low half names. */
class Table {
  /** Two halves a slot; two zeros if it is free. */
  #halves = new Int32Array(2 * SMALLEST)
  #taken = 0

  has(key: Int64): boolean {
    return !this.#isFree(this.#find(key))
  }

  /** @returns whether the key is new */
  add(key: Int64): boolean {
    if (this.has(key)) return false
    if (this.#taken + 1 > (this.#halves.length / 2) * FULLEST) this.#double()
    this.#put(key)
    this.#taken++
    return true
  }

  /** @returns the slot of the key, or the free slot for it */
  #find({ high, low }: Int64): number {
    const halves = this.#halves
    const last = halves.length - 2
    let at = (low << 1) & last
    while (!(halves[at] === high && halves[at + 1] === low) && !this.#isFree(at))
      at = (at + 2) & last
    return at
  }

  #isFree(at: number): boolean {
    return this.#halves[at] === 0 && this.#halves[at + 1] === 0
  }

  #put(key: Int64): void {
    const at = this.#find(key)
    this.#halves[at] = key.high
    this.#halves[at + 1] = key.low
  }

  #double(): void {
    const old = this.#halves
    this.#halves = new Int32Array(2 * old.length)
    for (let at = 0; at < old.length; at += 2) {
      const [high, low] = [old[at] ?? 0, old[at + 1] ?? 0]
      if (high !== 0 || low !== 0) this.#put({ high, low })
    }
  }
}
