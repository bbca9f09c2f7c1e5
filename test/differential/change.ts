import type { Draft } from './draft.ts'
import type { KeyCase } from './keys.ts'
import type { Chance } from './random.ts'

/** Changes a token. */
export type Change = (draft: Draft, chance: Chance) => void

/** Changes by their names. */
export interface Changes {
  readonly [name: string]: Change
}

export const header =
  (name: string, values: readonly unknown[]): Change =>
  (draft, chance) => {
    draft.header[name] = chance.pick(values)
  }

export const claim =
  (name: string, values: readonly unknown[]): Change =>
  (draft, chance) => {
    draft.claims[name] = chance.pick(values)
  }

export const withoutHeader =
  (name: string): Change =>
  (draft) => {
    delete draft.header[name]
  }

export const withoutClaim =
  (name: string): Change =>
  (draft) => {
    delete draft.claims[name]
  }

/** Replaces the JSON text of the header or the payload. */
export const written =
  (
    part: 'headerText' | 'payloadText',
    write: (text: string, chance: Chance) => string | Buffer,
  ): Change =>
  (draft, chance) => {
    const text = JSON.stringify(part === 'headerText' ? draft.header : draft.claims)
    draft[part] = write(text, chance)
  }

/** Replaces the segments of header and payload before they are signed. */
export const spelled =
  (spell: (segment: string, chance: Chance) => string): Change =>
  (draft, chance) => {
    draft.spell = (segment) => spell(segment, chance)
  }

/** Replaces the signature. */
export const signature =
  (make: (signed: Buffer, key: KeyCase, chance: Chance) => Buffer): Change =>
  (draft, chance) => {
    draft.sign = (signed, key) => make(signed, key, chance)
  }

/** Changes the finished token. */
export const finished =
  (change: (token: string, chance: Chance) => string): Change =>
  (draft, chance) => {
    draft.finish.push((token) => change(token, chance))
  }

/** Values of every JSON type, for members of another type. */
export const ODD = [
  null,
  0,
  1,
  -1,
  1.5,
  true,
  false,
  '',
  'x',
  [],
  ['x'],
  {},
  [null],
  '1893456001',
  1e30,
]

export const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
