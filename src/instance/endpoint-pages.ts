import type { SurfaceEndpoint } from '../features/core.ts'
import { accessOf, endpointRequirement } from '../guard/endpoint-requirement.ts'
import type { Requirement } from '../guard/requirement.ts'
import type { RouteDescription } from '../guard/route-description.ts'
import type { KnownRoute, RouteInfo, RouteMethod } from '../guard/route-info.ts'
import { BODY_TYPES } from '../http/body.ts'
import { bodySchemaOf } from '../http/body-schema.ts'
import type { Description } from '../http/description.ts'
import { type Endpoint, METHODS, type MethodHandler } from '../http/endpoint.ts'
import type { EndpointPages } from '../http/endpoint-router.ts'
import { members } from '../http/json-schema.ts'
import { wantedBy } from '../http/wanted.ts'
import { actionsOf } from './endpoint-actions.ts'

type AnyRequirement = Requirement<never, string>
type Handler = MethodHandler<string>

export interface EndpointPagesDeps {
  /** Describes a route. */
  readonly route: (requirement: AnyRequirement, byDefault: true) => RouteInfo
  readonly endpoints: () => readonly SurfaceEndpoint[]
  /** Those of the application. */
  readonly routes: () => readonly KnownRoute[]
}

/** The browsable API of endpoints. */
export interface BrowsableEndpoints {
  /** @returns `undefined` if no method of the endpoint describes itself */
  pagesOf(endpoint: Endpoint): EndpointPages | undefined
  /** The methods of an endpoint that describe themselves. */
  routesOf(endpoint: Endpoint): readonly KnownRoute[]
}

/**
 * The browsable API of the instance's own endpoints. Each method that describes itself is shown as a guarded route of an application
 * is; endpoints without such methods, as pages and files, are not browsable.
 */
export function browsableEndpoints(deps: EndpointPagesDeps): BrowsableEndpoints {
  const known = new WeakMap<Endpoint, readonly RouteMethod[]>()
  const methodsOf = (endpoint: Endpoint): readonly RouteMethod[] => {
    const methods = known.get(endpoint) ?? routeMethods(endpoint, deps)
    known.set(endpoint, methods)
    return methods
  }
  const routesOf = (endpoint: Endpoint): readonly KnownRoute[] =>
    methodsOf(endpoint).map((each) => ({ ...each, path: endpoint.path }))
  const others = (): readonly KnownRoute[] => [
    ...deps.endpoints().flatMap(routesOf),
    ...deps.routes(),
  ]
  const pagesOf = (endpoint: Endpoint): EndpointPages | undefined => {
    if (described(endpoint).length === 0) return undefined
    return {
      answer(request) {
        if (wantedBy(request) === 'resource') return undefined
        const methods = methodsOf(endpoint)
        const pattern = endpoint.path
        return methods[0]?.route.browse?.(request, () => ({
          pattern,
          methods,
          others: others(),
        }))
      },
      about: () => actionsOf(endpoint),
    }
  }
  return { pagesOf, routesOf }
}

const described = (endpoint: Endpoint): readonly (readonly [string, Handler])[] =>
  METHODS.flatMap((method) => {
    const handler = endpoint.methods[method]
    if (handler?.describe === undefined) return []
    return [[method, handler] as const]
  })

const routeMethods = (
  endpoint: Endpoint,
  { route }: EndpointPagesDeps,
): readonly RouteMethod[] =>
  described(endpoint).map(([method, handler]) => ({
    method,
    route: route(requirementOf(endpoint, handler), true),
  }))

/** What a guard of the method would be given. */
function requirementOf(endpoint: Endpoint, handler: Handler): AnyRequirement {
  const access = accessOf(handler, endpoint)
  const requirement = (access && endpointRequirement(access)) ?? PUBLIC
  const describe = descriptionOf(endpoint, handler)
  if (typeof requirement === 'object')
    return { ...requirement, describe } as AnyRequirement
  return { permissions: requirement, describe } as AnyRequirement
}

const PUBLIC = { schemes: [], permissions: [] } as const

function descriptionOf({ path }: Endpoint, handler: Handler): RouteDescription {
  const description = handler.describe?.() as Description
  const { summary, query } = description
  const body = bodySchemaOf(handler, description)
  return {
    summary,
    path,
    ...(description.description !== undefined && {
      description: description.description,
    }),
    ...(query !== undefined && { query: members(query) }),
    ...(body !== undefined && { body, types: [...BODY_TYPES] }),
  }
}
