import { type EventAdmin, eventAdmin } from '../admin/events.ts'
import { type FlushCounts, flushAll } from '../admin/flush.ts'
import { type KeyAdmin, keyAdmin } from '../admin/keys.ts'
import { type SessionAdmin, sessionAdmin } from '../admin/sessions.ts'
import { type UserAdmin, userAdmin } from '../admin/users.ts'
import type { Seconds } from '../base/clock.ts'
import { listOf } from '../base/optional.ts'
import type { Random } from '../base/random.ts'
import type { Surface } from '../features/core.ts'
import {
  type EventKind,
  FEATURE_LIST,
  type FeatureAdmin,
  type FeatureCounts,
  type FeatureUserAdmin,
} from '../features.ts'
import type { Roles } from '../permissions/rights.ts'
import type { UserFields } from '../users/fields.ts'
import type { Attributes } from '../users/user.ts'
import type { Instance } from './instance.ts'
import { type UserAdminTokens, userAdminDeps, userAdminSettings } from './user-admin.ts'

/** What the owner of an instance does with its data: for programs and for the command. */
export interface Admin<A extends object = Attributes> extends FeatureAdmin {
  readonly users: UserAdmin<A> & FeatureUserAdmin
  readonly sessions: SessionAdmin
  readonly keys: KeyAdmin
  readonly events: EventAdmin<EventKind>
  /**
   * Deletes what has expired, in batches.
   *
   * @param options.progress gets how many rows have been deleted so far
   */
  flush(options?: {
    readonly progress?: (deleted: number) => void
  }): Promise<FlushCounts & FeatureCounts>
}

export interface AdminSettings {
  readonly roles: Roles
  readonly random: Random
  readonly user: UserFields
  readonly tokens: UserAdminTokens
  readonly audit: { readonly keep: Seconds } | undefined
}

export function createAdmin(
  settings: AdminSettings,
  open: () => Promise<Instance>,
  surface: Surface,
): Admin {
  return {
    ...featureAdmin(open, surface),
    users: {
      ...userAdmin(userAdminSettings(settings), async () => userAdminDeps(await open())),
      ...featureUserAdmin(open),
    },
    sessions: sessionAdmin(async () => {
      const { store, sessions, clock, audit } = await open()
      return { stored: store.ports.sessions, sessions, clock, audit }
    }),
    keys: keyAdmin(async () => {
      const { ring, audit, core } = await open()
      const reseals = FEATURE_LIST.flatMap((feature) =>
        listOf(feature.reseal?.bind(feature, core)),
      )
      return { ring, audit, reseals }
    }),
    events: eventAdmin(async () => {
      const { store, audit } = await open()
      return { events: store.ports.events, audit }
    }),
    async flush({ progress } = {}) {
      const { store, core, sessions, ring, clock } = await open()
      const { events, hits, proofs, keys } = store.ports
      const features = FEATURE_LIST.flatMap((feature) =>
        listOf(feature.flush?.bind(feature, core)),
      )
      const deps = { sessions, events, hits, proofs, keys, ring, clock, features }
      const counts = await flushAll(deps, settings.audit?.keep, progress)
      // `features.ts` derives the type from the functions that have counted.
      return counts as FlushCounts as FlushCounts & FeatureCounts
    },
  }
}

function featureAdmin(open: () => Promise<Instance>, surface: Surface): FeatureAdmin {
  const openCore = async () => (await open()).core
  const members = FEATURE_LIST.map((feature) => feature.admin?.(openCore, surface))
  // `features.ts` derives the type from the same functions.
  return Object.assign({}, ...members) as FeatureAdmin
}

function featureUserAdmin(open: () => Promise<Instance>): FeatureUserAdmin {
  const openCore = async () => (await open()).core
  const members = FEATURE_LIST.map((feature) => feature.userAdmin?.(openCore))
  // `features.ts` derives the type from the same functions.
  return Object.assign({}, ...members) as FeatureUserAdmin
}
