import type { Feature, Setting } from './adapter.ts'
import type { Client } from './client.ts'

export interface Scenario {
  /** A claim, used as the name of its test. */
  readonly name: string
  /** Default `plain`. */
  readonly setup?: Setup
  readonly needs?: readonly Feature[]
  run(client: Client): Promise<void>
}

/** The ways to set up a program. */
export const SETUPS = {
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
  redirecting: {
    setting: { prefix: '', parsesBodies: false, cors: '', redirects: true },
    needs: [],
  },
} as const satisfies Record<
  string,
  { readonly setting: Omit<Setting, 'database'>; readonly needs: readonly Feature[] }
>
export type Setup = keyof typeof SETUPS
