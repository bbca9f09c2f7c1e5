import type { Scheme } from '../authentication/scheme.ts'
import { createGuard, type Explainer, type Guard } from '../guard/guard.ts'
import { type GuardSettings, guardDeps } from '../guard/guard-deps.ts'
import {
  parseRequirement,
  parseSchemes,
  type RequirementDefaults,
  type RequirementDeps,
} from '../guard/parse-requirement.ts'
import type { Requirement } from '../guard/requirement.ts'
import type { Lazy } from './lazy-instance.ts'

type AnyRequirement = Requirement<never, string>

interface OpenDeps extends RequirementDeps {
  /** `undefined`: the browsable API is off. */
  readonly browsing?: { readonly explain: Explainer } | undefined
}

export interface Guards {
  /** @throws AuthError `invalid_config` if the requirement is impossible */
  create(requirement?: AnyRequirement): Guard
  /** The guard of a requirement that each request may bring; created once. */
  of(requirement: AnyRequirement | undefined): Guard
  /** Authenticates; requires and counts nothing. */
  withoutRequirement(options?: {
    readonly schemes?: readonly Scheme<unknown>[] | undefined
  }): Guard
}

/** The guards of an instance, which open it at their first request. */
export function guardsOf(
  settings: RequirementDefaults & GuardSettings,
  instance: Lazy<OpenDeps>,
): Guards {
  const deps = guardDeps(settings)

  const create = (requirement?: AnyRequirement): Guard => {
    const partsOf = parseRequirement(requirement, settings)
    let guard: Guard | undefined
    const guardIn = (opened: OpenDeps): Guard => {
      guard ??= createGuard(partsOf(opened), {
        ...deps,
        explain: opened.browsing?.explain,
      })
      return guard
    }
    return (request) => {
      const opened = instance.current()
      if (opened === undefined)
        return instance.open().then((now) => guardIn(now)(request))
      return guardIn(opened)(request)
    }
  }

  const standard = create()
  const byRight = new Map<string, Guard>()
  const byRequirement = new WeakMap<object, Guard>()
  const bySchemes = new WeakMap<object, Guard>()

  return {
    create,
    of(requirement) {
      if (requirement === undefined) return standard
      if (typeof requirement === 'string')
        return once(byRight, requirement, () => create(requirement))
      return once<object>(byRequirement, requirement, () => create(requirement))
    },
    withoutRequirement(options) {
      const schemes = parseSchemes(options) ?? settings.authentication
      return once<object>(bySchemes, schemes, () =>
        create({ schemes, permissions: [], throttle: [] }),
      )
    },
  }
}

interface Cache<Key> {
  get(key: Key): Guard | undefined
  set(key: Key, guard: Guard): unknown
}

function once<Key>(cache: Cache<Key>, key: Key, create: () => Guard): Guard {
  const guard = cache.get(key) ?? create()
  cache.set(key, guard)
  return guard
}
