import { principalOf } from '../../guard/explained-principal.ts'
import { schemeName } from '../../guard/explained-schemes.ts'
import type { ExplainedPrincipal } from '../../guard/explanation.ts'
import type { GuardParts } from '../../guard/guard.ts'
import {
  allRequired,
  evaluate,
  type ShownRequirement,
  sentenceOf,
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
  const declared = route.options.describe?.methods ?? [method.replace('HEAD', 'GET')]
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
  const answers = answersTo(parts, context)
  return {
    method,
    outcome: outcomeOf(answers, parts),
    schemes: parts.schemes.map(schemeName),
    ...(viewer.seesRequirements && requiredOf(answers, parts, context)),
    ...(summary !== undefined && { summary }),
    ...(description !== undefined && { description }),
    ...(body !== undefined && { body: jsonSchemaOf(body) }),
    ...(query !== undefined && { query: jsonSchemaOf(query) }),
    ...(example !== undefined && { example }),
    types: describe.types ?? ['application/json'],
    ...(confirm && { confirm }),
  }
}

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

/** A permission, and what it would answer; `unknown`: that depends on the application, or on an object. */
type Answered = readonly [DescribedPermission, 'granted' | 'denied' | 'unknown']

const answersTo = ({ permissions }: GuardParts, context: Context): readonly Answered[] =>
  (permissions as readonly unknown[] as readonly DescribedPermission[]).map(
    (each) => [each, evaluate(each, context) ?? 'unknown'] as const,
  )

const isDenied = ([, answer]: Answered): boolean => answer === 'denied'
const isUnknown = ([, answer]: Answered): boolean => answer === 'unknown'

function outcomeOf(
  answers: readonly Answered[],
  { stepUp }: GuardParts,
): RepresentedMethod['outcome'] {
  if (answers.some(isDenied)) return 'refused'
  if (answers.some(isUnknown) || stepUp !== undefined) return 'notChecked'
  return 'allowed'
}

function requiredOf(
  answers: readonly Answered[],
  parts: GuardParts,
  context: Context,
): Pick<RepresentedMethod, 'needs' | 'requirement' | 'throttles'> {
  const of = answers.map(([permission, answer]) =>
    shownRequirement(permission, answer, context),
  )
  const requirement = allRequired(of, answers.some(isDenied) ? 'denied' : 'unknown')
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
