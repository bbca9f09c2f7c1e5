import type { RouteDescription } from '../../guard/route-description.ts'
import type { KnownRoute } from '../../guard/route-info.ts'
import type { JsonSchema } from '../../http/json-schema.ts'
import { jsonSchemaOf } from '../browsable-api/json-schema.ts'
import { browsableApiOptions } from '../browsable-api/options.ts'
import type { Surface } from '../core.ts'
import type { Components } from './components.ts'
import { documentedRequirement, needsSignIn, READS, schemesIn } from './requirement.ts'
import { responsesOf } from './responses.ts'
import { securityOf } from './security.ts'

/** A route of the application that describes itself, with its path as OpenAPI writes it. */
export interface DescribedRoute {
  readonly path: string
  readonly method: string
  readonly parameters: readonly string[]
  readonly operation: object
}

/** The routes that describe themselves; others are left out, not guessed, and so are paths with wildcards. */
export const describedRoutes = (
  surface: Surface,
  components: Components,
): readonly DescribedRoute[] =>
  surface.routes().flatMap((known) => {
    const { describe } = known.route.options
    const path = templateOf(describe?.path ?? known.path)
    const method = known.method.toLowerCase()
    const isDescribed = describe !== undefined && Object.keys(describe).length > 0
    if (!isDescribed || path === undefined || !METHODS.has(method)) return []
    const operation = operationOf(known, describe, surface, components)
    return [{ path, method, parameters: parametersIn(path), operation }]
  })

const METHODS: ReadonlySet<string> = new Set(['get', 'post', 'put', 'patch', 'delete'])

/** A path of a framework, with `:id`, `{id}` or `[id]`, as OpenAPI writes it; `undefined` if it has a wildcard. */
export function templateOf(path: string): string | undefined {
  const segments = path.split('/').map((each) => each.replace(PARAMETER, '{$1$2$3}'))
  const template = segments.join('/')
  if (/[*[\]():?+]/.test(template)) return undefined
  return template
}

/** `:id`, `:id(\d+)`, `{id}`, `{id:…}` or `[id]`: one of the groups is the name. */
const PARAMETER = /^(?::(\w+)(?:\(.*\)|\{.*\})?|\{(\w+)(?::.*)?\}|\[(\w+)\])$/

const parametersIn = (template: string): readonly string[] =>
  [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)

function operationOf(
  { method, path, route: { requirement } }: KnownRoute,
  { summary = `${method} ${path}`, description, ...rest }: RouteDescription,
  surface: Surface,
  components: Components,
): object {
  const { authentication, security } = surface
  const parameters = queryOf(rest)
  const { scopes, sentence } = documentedRequirement(requirement)
  const required = showsRequirements(surface) && sentence && `Requires: ${sentence}.`
  const text = [description, required].filter(Boolean).join('\n\n')
  return {
    operationId: operationIdOf(method, path),
    summary,
    ...(text !== '' && { description: text }),
    security: securityOf(
      {
        schemes: schemesIn(requirement) ?? authentication,
        scopes,
        isOptional: !needsSignIn(requirement),
        changes: !READS.has(method),
      },
      security,
      components,
    ),
    ...(scopes.length > 0 && { 'x-required-scopes': scopes }),
    ...(parameters.length > 0 && { parameters }),
    ...(rest.body !== undefined && { requestBody: bodyOf(rest) }),
    responses: answersOf(rest, components),
  }
}

/** What routes require is as public as on their pages. */
const showsRequirements = ({ section }: Surface): boolean =>
  section(browsableApiOptions)?.requirements === 'public'

/** `PUT /notes/:id` is `putNotesById`. */
function operationIdOf(method: string, path: string): string {
  const words = path.split('/').flatMap(wordsOf).filter(Boolean)
  const capitals = words.map((each) => each[0]?.toUpperCase() + each.slice(1))
  return [method.toLowerCase(), ...capitals].join('')
}

function wordsOf(segment: string): readonly string[] {
  const name = segment.replace(/\W+/g, ' ').trim()
  if (/^[:{[]/.test(segment)) return ['by', name]
  return name.split(' ')
}

function queryOf({ query }: Pick<RouteDescription, 'query'>): readonly object[] {
  if (query === undefined) return []
  const { properties = {}, required = [] } = jsonSchemaOf(query)
  return Object.entries(properties as Readonly<Record<string, JsonSchema>>).map(
    ([name, schema]) => ({
      name,
      in: 'query',
      required: (required as readonly string[]).includes(name),
      schema,
    }),
  )
}

function bodyOf({
  body = {},
  example,
  types,
}: Omit<RouteDescription, 'summary'>): object {
  const schema = plain(jsonSchemaOf(body))
  const media = { schema, ...(example !== undefined && { example }) }
  const list = types ?? ['application/json']
  return {
    required: true,
    content: Object.fromEntries(list.map((type) => [type, media])),
  }
}

/** The dialect is that of the document. */
const plain = ({ $schema: _, ...schema }: JsonSchema): JsonSchema => schema

function answersOf(
  { answers = {} }: Pick<RouteDescription, 'answers'>,
  components: Components,
): object {
  const own = Object.entries(answers).map(([status, schema]) => [
    status,
    {
      description: `The answer with the status ${status}.`,
      content: { 'application/json': { schema: plain(jsonSchemaOf(schema)) } },
    },
  ])
  const isSuccessful = Object.keys(answers).some((status) => status.startsWith('2'))
  const errors = responsesOf(
    {
      answers: {},
      errors: [
        'not_authenticated',
        'permission_denied',
        'throttled',
        'store_unavailable',
      ],
      stopped: {},
      errorFor: (error) => error,
    },
    components,
  )
  return {
    ...(!isSuccessful && { '2XX': { description: 'What the route answers.' } }),
    ...errors,
    ...Object.fromEntries(own),
  }
}
