import * as z from 'zod/mini'
import type { Awaitable } from '../base/awaitable.ts'
import { type EndpointName, FEATURE_LIST, type FeatureEndpoints } from '../features.ts'
import type { AuthRequest } from '../http/request.ts'
import { absolutePath, functionOf, withDefault } from '../schema/shapes.ts'

/**
 * A handler in place of an endpoint's own, or around it: the settings `*_SERIALIZER` of Simple JWT.
 *
 * @param next runs the endpoint's own handler
 */
export type EndpointHandler = (
  fields: Readonly<Record<string, string>>,
  request: AuthRequest,
  next: () => Promise<object>,
) => Awaitable<object>

/** `true`: mounted at its default path; a string: at this path; `false`: not mounted. */
export type EndpointOption =
  | boolean
  | `/${string}`
  | { readonly path?: `/${string}`; readonly handle?: EndpointHandler }

/** The option `endpoints`. Without it, an instance has those of access and refresh tokens, and those of its schemes. */
export type EndpointOptions = {
  readonly [Name in keyof FeatureEndpoints as Name extends EndpointName
    ? Name
    : never]?: EndpointOption
}

const endpointOption = z.union(
  [
    z.boolean(),
    absolutePath,
    z.strictObject({
      path: z.optional(absolutePath),
      handle: z.optional(functionOf<EndpointHandler>()),
    }),
  ],
  'must be true, false, a path such as "/api/token", or { path, handle }',
)

export const ENDPOINT_NAMES: readonly string[] = FEATURE_LIST.flatMap(
  ({ endpoints = {} }) =>
    Object.keys(endpoints).filter((name) => endpoints[name]?.mount !== 'always'),
)

export const endpointOptions = z.pipe(
  withDefault(
    z.strictObject(
      Object.fromEntries(
        ENDPOINT_NAMES.map((name) => [name, z.optional(endpointOption)]),
      ),
    ),
    {},
  ),
  // The names are those of the same list of features.
  z.transform((options) => options as EndpointOptions),
)
