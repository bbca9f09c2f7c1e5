import manifest from '../../../package.json' with { type: 'json' }
import { METHODS, type MethodHandler } from '../../http/endpoint.ts'
import type { Surface, SurfaceEndpoint } from '../core.ts'
import { Components } from './components.ts'
import { type OperationOf, operationOf } from './operation.ts'
import { describedRoutes } from './routes.ts'

/** An OpenAPI 3.1 document. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0'
  readonly info: OpenApiInfo
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Readonly<Record<string, PathItem>>
  readonly components: object
}

export interface OpenApiInfo {
  readonly title: string
  readonly version: string
  readonly license: { readonly name: string; readonly identifier: string }
}

type PathItem = Readonly<Record<string, unknown>>

export interface OpenApiOptions {
  /** The name of the API. Default: `API`. */
  readonly title?: string
  /** Adds the guarded routes of the application that describe themselves. Default: false. */
  readonly routes?: boolean
}

/** The document of an instance: the same for the same options. */
export function createDocument(
  surface: Surface,
  { title = 'API', routes = false }: OpenApiOptions = {},
): OpenApiDocument {
  const components = new Components()
  const own = pathsOf(surface, components)
  const paths = routes ? withRoutes(own, surface, components) : own
  const { version } = manifest
  return {
    openapi: '3.1.0',
    info: { title, version, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: surface.url ?? '/' }],
    paths,
    components: components.toJSON(),
  }
}

function pathsOf(
  surface: Surface,
  components: Components,
): Readonly<Record<string, PathItem>> {
  const taken = new Set<string>()
  return Object.fromEntries(
    surface.endpoints
      // Pages are for people.
      .filter(({ errorAnswer }) => errorAnswer === undefined)
      .map((endpoint) => [endpoint, operationsIn(endpoint, taken)] as const)
      .filter(([, operations]) => operations.length > 0)
      .map(([{ path }, operations]) => [
        templateOf(path),
        pathItem(path, operations, surface, components),
      ]),
  )
}

/** Endpoints win over routes of the same path, as adapters answer them first. */
function withRoutes(
  own: Readonly<Record<string, PathItem>>,
  surface: Surface,
  components: Components,
): Readonly<Record<string, PathItem>> {
  const paths: Record<string, PathItem> = { ...own }
  for (const { path, method, parameters, operation } of describedRoutes(
    surface,
    components,
  )) {
    if (Object.hasOwn(own, path)) continue
    paths[path] = { ...parametersOf(parameters), ...paths[path], [method]: operation }
  }
  return paths
}

const parametersOf = (names: readonly string[]): PathItem =>
  names.length === 0 ? {} : { parameters: names.map(parameter) }

const parameter = (name: string): object => ({
  name,
  in: 'path',
  required: true,
  schema: { type: 'string' },
})

/** `/users/:id/` as OpenAPI writes it. */
export const templateOf = (path: string): string => path.replace(/\/:(\w+)/g, '/{$1}')

const parametersIn = (path: string): readonly string[] =>
  [...path.matchAll(/\/:(\w+)/g)].map(([, name = '']) => name)

function pathItem(
  path: string,
  operations: readonly OperationOf[],
  surface: Surface,
  components: Components,
): PathItem {
  const entries = operations.map((of) => [
    of.method.toLowerCase(),
    operationOf(of, surface, components),
  ])
  return { ...parametersOf(parametersIn(path)), ...Object.fromEntries(entries) }
}

/** Methods that describe themselves. @param taken ids of operations; those of these are added */
function operationsIn(
  endpoint: SurfaceEndpoint,
  taken: Set<string>,
): readonly OperationOf[] {
  return METHODS.flatMap((method) => {
    const handler: MethodHandler<string> | undefined = endpoint.methods[method]
    const description = handler?.describe?.()
    if (handler === undefined || description === undefined) return []
    const operationId = freeId(description.operationId, endpoint.preset, taken)
    return [{ method, handler, endpoint, description, operationId }]
  })
}

/** Presets mount endpoints of features a second time, and may be listed twice. */
function freeId(id: string, preset: string | undefined, taken: Set<string>): string {
  const ofPreset = `${preset ?? ''}${id.charAt(0).toUpperCase()}${id.slice(1)}`
  const [first = id] = [id, ofPreset].filter((each) => !taken.has(each))
  let free = first
  for (let number = 2; taken.has(free); number++) free = `${ofPreset}${number}`
  taken.add(free)
  return free
}
