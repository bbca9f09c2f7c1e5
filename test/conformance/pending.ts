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

const beside =
  (name: string): Awaited['needs'] =>
  (_, { NEIGHBOURS = [] }) =>
    NEIGHBOURS.includes(name)

const answeredBy =
  (software: RegExp): Awaited['needs'] =>
  ({ version = '' }) =>
    software.test(version)

const asks =
  (path: RegExp): Awaited['needs'] =>
  (recorded) =>
    pathsOf(recorded).some((each) => path.test(each))

export const AWAITED: readonly Awaited[] = [
  {
    name: 'social sign-in of dj-rest-auth',
    folder: 'presets/dj-rest-auth/social',
    needs: asks(/^\/dj-rest-auth\/social/),
  },
  { name: 'Hawk', folder: 'features/hawk', needs: answeredBy(/^(hawk|mohawk)/) },
  {
    name: 'HTTP signatures',
    folder: 'features/http-signatures',
    needs: answeredBy(/http-message-sig|httpsig|http-signature/),
  },
  {
    name: 'social-oauth2',
    folder: 'presets/social-oauth2',
    needs: answeredBy(/social-oauth2/),
  },
  {
    name: 'oauth-toolkit',
    folder: 'presets/oauth-toolkit',
    needs: answeredBy(/oauth-toolkit/),
  },
  {
    name: 'social sign-in',
    folder: 'presets/djoser/social',
    needs: (recorded, config) =>
      beside('social')(recorded, config) || asks(/^\/auth\/o\//)(recorded, config),
  },
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
