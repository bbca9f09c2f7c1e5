import { lazy } from '../base/lazy.ts'
import type { Browsing } from '../features/browsable-api/browse.ts'
import type { Exposure } from '../features/browsable-api/exposure.ts'
import type { RequirementDefaults, RequirementDeps } from '../guard/parse-requirement.ts'
import { browsableOptionsOf, parseRequirement } from '../guard/parse-requirement.ts'
import type { Requirement } from '../guard/requirement.ts'
import type { BrowsableOptions } from '../guard/route-description.ts'
import type { Browse, KnownRoute, Rendering, RouteInfo } from '../guard/route-info.ts'
import type { AuthReply } from '../http/request.ts'
import { wantedBy } from '../http/wanted.ts'

export interface RouteInfoDeps {
  /** `undefined`: the browsable API is off. */
  readonly exposure: Exposure | undefined
  readonly open: () => Promise<
    RequirementDeps & { readonly browsing: Browsing | undefined }
  >
  readonly replyToError: (error: unknown) => AuthReply
}

/** Makes the descriptions of guarded routes. @param byDefault whether routes that do not say so are browsable */
export const routeInfos =
  (settings: RequirementDefaults, deps: RouteInfoDeps) =>
  (
    requirement: Requirement<never, string> | undefined,
    byDefault: boolean | 'rendered' = false,
  ): RouteInfo => {
    const options = browsableOptionsOf(requirement)
    const { browsable = byDefault } = options
    const parts = lazy(async () =>
      parseRequirement(requirement, settings)(await deps.open()),
    )
    const route: RouteInfo = {
      options: { ...options, browsable },
      requirement,
      parts,
      browse: browsable === false ? undefined : browseOf(() => route, deps),
      rendering: isRendered(options, browsable)
        ? renderingOf(() => route, deps)
        : undefined,
    }
    return route
  }

function browseOf(
  route: () => RouteInfo,
  { exposure, open, replyToError }: RouteInfoDeps,
): Browse | undefined {
  if (exposure === undefined) return undefined
  return (request, facts) => {
    const wanted = wantedBy(request)
    if (wanted === 'resource' || !exposure.isOn(request)) return undefined
    const answered = async (): Promise<AuthReply> => {
      const { browsing } = await open()
      if (browsing === undefined) throw new TypeError(CLOSED)
      return browsing[wanted](request, route(), await facts())
    }
    return answered().catch(replyToError)
  }
}

/** A GET that must be confirmed is not sent by opening its page. */
const isRendered = ({ confirm }: BrowsableOptions, browsable: unknown): boolean =>
  browsable === 'rendered' && confirm !== true

function renderingOf(
  route: () => RouteInfo,
  { exposure, open, replyToError }: RouteInfoDeps,
): Rendering | undefined {
  if (exposure === undefined) return undefined
  return {
    wants: (request) =>
      request.method === 'GET' && wantedBy(request) === 'page' && exposure.isOn(request),
    accepts: ({ user, scheme }) => user === undefined || BY_COOKIE.includes(scheme),
    page(request, facts, captured) {
      const answered = async (): Promise<AuthReply> => {
        const { browsing } = await open()
        if (browsing === undefined) throw new TypeError(CLOSED)
        return browsing.rendered(request, route(), await facts(), captured)
      }
      return answered().catch(replyToError)
    },
  }
}

/** The schemes whose credentials a navigation brings. */
const BY_COOKIE = ['session', 'cookie']

const CLOSED = 'The browsable API is not open.'

/** The guarded routes of the application that the adapters know. */
export class RouteTable {
  readonly #sources: (() => readonly KnownRoute[])[] = []

  /** @param source called whenever the routes are listed: applications add routes at any time */
  add(source: () => readonly KnownRoute[]): void {
    this.#sources.push(source)
  }

  list(): readonly KnownRoute[] {
    return this.#sources.flatMap((source) => source())
  }
}
