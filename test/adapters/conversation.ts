import type { Feature, Setting } from './adapter.ts'
import type { Talk } from './talk.ts'

export interface Conversation {
  /** A promise, in words. */
  readonly says: string
  /** Default `plain`. */
  readonly at?: Place
  readonly needs?: readonly Feature[]
  hold(talk: Talk): Promise<void>
}

/** The ways in which a program is put together. */
export const PLACES = {
  plain: { setting: { prefix: '', parsesBodies: false, cors: '' }, needs: [] },
  parsed: { setting: { prefix: '', parsesBodies: true, cors: '' }, needs: ['parsers'] },
  below: { setting: { prefix: '/v1', parsesBodies: false, cors: '' }, needs: ['prefix'] },
  behindCors: {
    setting: { prefix: '', parsesBodies: false, cors: 'before' },
    needs: ['cors'],
  },
  beforeCors: {
    setting: { prefix: '', parsesBodies: false, cors: 'after' },
    needs: ['corsAfter'],
  },
} as const satisfies Record<
  string,
  { readonly setting: Omit<Setting, 'database'>; readonly needs: readonly Feature[] }
>
export type Place = keyof typeof PLACES
