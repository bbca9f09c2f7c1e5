/** Ids are spread over this many tables, so that growing or sweeping one takes a millisecond or so at the most. */
export const TABLES = 1024

/** How many ids are held at most: some 300 MB. */
export const CAPACITY = 2 ** 24

/** How often a table is swept before an id that it holds is forgotten. */
export const SWEEPS = 5

const SMALLEST = 8

/** A table is doubled before more than this part of its slots is taken: a look meets an empty slot after a few steps. */
const FULLEST = 5 / 8

/** Open addressing: an id is in the first slot that is free from the one that its numbers name. */
interface Table {
  /** Two numbers a slot; two zeros where it is free. */
  readonly keys: Int32Array
  /** How many sweeps the id of each slot will see. */
  readonly lives: Uint8Array
  taken: number
}

/**
 * A set of ids that forgets. It holds 64 bits mixed from each id, in 14 to 29 octets, however long the id: one that was never
 * added is taken for one of ten million others with a chance of 1 in 10^12.
 */
export class RevokedSet {
  readonly #tables: (Table | undefined)[] = new Array<undefined>(TABLES).fill(undefined)
  readonly #capacity: number
  #size = 0
  /** The table to be swept next. */
  #next = 0

  constructor(capacity: number = CAPACITY) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#size
  }

  has(id: string): boolean {
    if (this.#size === 0) return false
    mix(id)
    const table = this.#tables[right >>> 22]
    return table !== undefined && slotOf(table.keys, left, right) >= 0
  }

  /** One that is there already is forgotten no later than if it had not come again. @returns `false`: there is no room for it */
  add(id: string): boolean {
    mix(id)
    const place = right >>> 22
    let table = this.#tables[place]
    if (table !== undefined && slotOf(table.keys, left, right) >= 0) return true
    if (this.#size >= this.#capacity) return false
    if (table === undefined) table = emptyTable(SMALLEST)
    else if (table.taken + 1 > table.lives.length * FULLEST)
      table = rebuilt(table, table.lives.length * 2)
    put(table, left, right, SWEEPS)
    this.#tables[place] = table
    this.#size++
    return true
  }

  /** Sweeps one table; the next call the next one. */
  sweep(): void {
    const place = this.#next
    this.#next = (place + 1) % TABLES
    const table = this.#tables[place]
    if (table === undefined) return
    const kept = aged(table)
    if (kept === table.taken) return
    this.#size -= table.taken - kept
    this.#tables[place] = kept === 0 ? undefined : rebuilt(table, slotsFor(kept))
  }
}

// What `mix` answers: a pair that is returned would be made for each look.
let left = 0
let right = 0

/** Two numbers of 32 bits, in which every bit of any text counts, and which are never both 0. */
function mix(text: string): void {
  let a = 0x5bd1e995
  let b = 0x1b873593
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    a = Math.imul(((a << 5) | (a >>> 27)) ^ unit, 0x9e3779b1)
    b = Math.imul(((b << 13) | (b >>> 19)) ^ unit, 0x85ebca6b)
  }
  left = avalanche(a ^ (b >>> 15))
  right = avalanche(b ^ left)
  if (left === 0 && right === 0) right = 1
}

/** The last step of MurmurHash3 (https://github.com/aappleby/smhasher). */
function avalanche(n: number): number {
  const once = Math.imul(n ^ (n >>> 16), 0x85ebca6b)
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35)
  return twice ^ (twice >>> 16)
}

const emptyTable = (slots: number): Table => ({
  keys: new Int32Array(2 * slots),
  lives: new Uint8Array(slots),
  taken: 0,
})

/** As few slots as these ids may have. */
function slotsFor(ids: number): number {
  let slots = SMALLEST
  while (ids > slots * FULLEST) slots *= 2
  return slots
}

/** @returns the slot of an id; where it is not there, the free one that it would take: -1 for slot 0, -2 for slot 1, … */
function slotOf(keys: Int32Array, a: number, b: number): number {
  const last = keys.length / 2 - 1
  for (let slot = a & last; ; slot = (slot + 1) & last) {
    const x = keys[2 * slot]
    const y = keys[2 * slot + 1]
    if (x === a && y === b) return slot
    if (x === 0 && y === 0) return -1 - slot
  }
}

function put(table: Table, a: number, b: number, lives: number): void {
  const slot = -1 - slotOf(table.keys, a, b)
  table.keys[2 * slot] = a
  table.keys[2 * slot + 1] = b
  table.lives[slot] = lives
  table.taken++
}

/** Takes a sweep from every id. @returns how many have one left */
function aged({ keys, lives }: Table): number {
  let kept = 0
  for (let slot = 0; slot < lives.length; slot++) {
    if (keys[2 * slot] === 0 && keys[2 * slot + 1] === 0) continue
    lives[slot]! -= 1
    if (lives[slot]! > 0) kept++
  }
  return kept
}

/** The ids that have a sweep left, in a table of its own. */
function rebuilt({ keys, lives }: Table, slots: number): Table {
  const table = emptyTable(slots)
  for (let slot = 0; slot < lives.length; slot++) {
    if (lives[slot]! > 0) put(table, keys[2 * slot]!, keys[2 * slot + 1]!, lives[slot]!)
  }
  return table
}
