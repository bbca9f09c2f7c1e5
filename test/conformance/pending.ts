import { existsSync } from 'node:fs'
import type { RecordedConfig } from './configs.ts'
import { type Case, pathsOf } from './recording.ts'

/** A feature that later work brings. Its conversations are counted and named, and played as soon as its folder exists. */
export interface Awaited {
  readonly name: string
  /** In `src`. */
  readonly folder: string
  readonly needs: (recorded: Case, config: RecordedConfig) => boolean
}

const asks =
  (path: RegExp): Awaited['needs'] =>
  (recorded) =>
    pathsOf(recorded).some((each) => path.test(each))

export const AWAITED: readonly Awaited[] = [
  {
    name: 'webauthn of Djoser',
    folder: 'presets/djoser/webauthn',
    needs: asks(/^\/auth\/webauthn\//),
  },
]

export const isInSource = (folder: string): boolean =>
  ['', '.ts'].some((end) =>
    existsSync(new URL(`../../src/${folder}${end}`, import.meta.url)),
  )

/** The feature that a conversation waits for. */
export const featureAwaited = (
  recorded: Case,
  config: RecordedConfig = {},
  exists: (folder: string) => boolean = isInSource,
): string | undefined =>
  AWAITED.find(({ folder, needs }) => !exists(folder) && needs(recorded, config))?.name
