import type { Authentication } from '../../authentication/scheme.ts'
import { type ExplainedPrincipal, principalOf } from '../../guard/explain.ts'
import type { GuardParts } from '../../guard/guard.ts'
import {
  evaluate,
  type ShownRequirement,
  shownRequirement,
} from '../../guard/outcomes.ts'
import type { RouteFacts, RouteInfo, RouteMethod } from '../../guard/route-info.ts'
import { stepUpNames } from '../../guard/step-up.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { DescribedPermission } from '../../permissions/description.ts'
import type { RequestPrincipal } from '../../permissions/request-principal.ts'
import { type JsonSchema, jsonSchemaOf } from './json-schema.ts'

/** A route as the script of its page reads it: `application/vnd.watchword.route+json`. */
export interface RouteRepresentation {
  readonly version: 1
  /** As the framework writes it; `undefined` if it is not known. */
  readonly pattern?: string
  /** `false`: the route may have further methods. */
  readonly complete: boolean
  readonly principal?: ExplainedPrincipal
  readonly methods: readonly RepresentedMethod[]
}

export interface RepresentedMethod {
  readonly method: string
  /** `notChecked`: a function of the application decides, or the object. */
  readonly outcome: 'allowed' | 'refused' | 'notChecked'
  /** The names of the schemes, in the order in which they are tried. */
  readonly schemes: readonly string[]
  /** What the route requires, as a sentence; left out for callers who may not see it. */
  readonly needs?: string
  readonly requirement?: ShownRequirement
  readonly throttles?: readonly ShownThrottle[]
  readonly summary?: string
  readonly description?: string
  readonly body?: JsonSchema
  readonly query?: JsonSchema
  readonly example?: unknown
  readonly types: readonly string[]
  /** Whether the page asks before it sends the request. */
  readonly confirm?: true
}

export interface ShownThrottle {
  readonly name: string
  readonly limit?: number
  /** In seconds. */
  readonly period?: number
}

/** Who asks, and what they may see. */
export interface Viewer {
  readonly request: AuthRequest
  readonly principal: RequestPrincipal<unknown> | undefined
  readonly seesRequirements: boolean
}

/** Evaluates each requirement once. It calls no function of the application. */
export async function representationOf(
  route: RouteInfo,
  facts: RouteFacts,
  viewer: Viewer,
): Promise<RouteRepresentation> {
  const { principal, request } = viewer
  const methods = facts.methods ?? declaredMethods(route, request)
  return {
    version: 1,
    ...(facts.pattern !== undefined && { pattern: facts.pattern }),
    complete:
      facts.methods !== undefined || route.options.describe?.methods !== undefined,
    ...(principal && { principal: principalOf(principal) }),
    methods: await Promise.all(
      methods
        .filter(({ route: each }) => each.options.browsable !== false)
        .map((each) => methodOf(each, viewer)),
    ),
  }
}

/** Those of `describe`, else that of the request. */
export function declaredMethods(
  route: RouteInfo,
  { method }: Pick<AuthRequest, 'method'>,
): readonly RouteMethod[] {
  const declared = route.options.describe?.methods ?? [method === 'HEAD' ? 'GET' : method]
  return declared.map((each) => ({ method: each.toUpperCase(), route }))
}

async function methodOf(
  { method, route }: RouteMethod,
  viewer: Viewer,
): Promise<RepresentedMethod> {
  const parts = await route.parts()
  const { describe = {}, confirm = false } = route.options
  const { summary, description, body, query, example } = describe
  const context = contextOf(method, viewer)
  return {
    method,
    outcome: outcomeOf(parts, context),
    schemes: parts.schemes.map(nameOf),
    ...(viewer.seesRequirements && requiredOf(parts, context)),
    ...(summary !== undefined && { summary }),
    ...(description !== undefined && { description }),
    ...(body !== undefined && { body: jsonSchemaOf(body) }),
    ...(query !== undefined && { query: jsonSchemaOf(query) }),
    ...(example !== undefined && { example }),
    types: describe.types ?? ['application/json'],
    ...(confirm && { confirm }),
  }
}

const nameOf = ({ name = 'custom' }: Authentication): string => name

type Context = Parameters<DescribedPermission>[0]

const contextOf = (method: string, { request, principal }: Viewer): Context => ({
  identity: principal,
  request: withMethod(request, method),
  resource: undefined,
})

/** The request as it would be with another method. */
const withMethod = (request: AuthRequest, method: string): AuthRequest => ({
  method,
  url: request.url,
  address: request.address,
  secure: request.secure,
  header: (name) => request.header(name),
  body: () => request.body(),
})

const permissionsOf = ({ permissions }: GuardParts): readonly DescribedPermission[] =>
  permissions as readonly unknown[] as readonly DescribedPermission[]

function outcomeOf(parts: GuardParts, context: Context): RepresentedMethod['outcome'] {
  const answers = permissionsOf(parts).map((each) => evaluate(each, context))
  if (answers.includes('denied')) return 'refused'
  if (answers.includes(undefined) || parts.stepUp !== undefined) return 'notChecked'
  return 'allowed'
}

function requiredOf(
  parts: GuardParts,
  context: Context,
): Pick<RepresentedMethod, 'needs' | 'requirement' | 'throttles'> {
  const of = permissionsOf(parts).map((each) =>
    shownRequirement(each, evaluate(each, context) ?? 'unknown', context),
  )
  const [only] = of
  const outcome = outcomeOf(parts, context) === 'refused' ? 'denied' : 'unknown'
  const requirement: ShownRequirement =
    only !== undefined && of.length === 1 ? only : { kind: 'all', outcome, of }
  const signIn = stepUpNames(parts.stepUp?.required)
  return {
    needs: [sentenceOf(requirement), ...signIn].filter(Boolean).join(', and '),
    requirement,
    throttles: parts.throttles.map(({ scope, limit }) => ({
      name: scope,
      ...(limit && { limit: limit.limit, period: limit.per }),
    })),
  }
}

/** A requirement in words: `staff, and scope "export"`. */
export function sentenceOf(requirement: ShownRequirement): string {
  if (requirement.kind === 'permission') return requirement.name
  const parts = requirement.of.map(partOf)
  if (requirement.kind === 'not') return `not ${parts.join('')}`
  return parts.join(requirement.kind === 'all' ? ', and ' : ', or ')
}

const partOf = (requirement: ShownRequirement): string =>
  requirement.kind === 'permission' ? requirement.name : `(${sentenceOf(requirement)})`
