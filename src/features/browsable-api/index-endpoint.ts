import { AuthError } from '../../base/errors.ts'
import { principalOf } from '../../guard/explained-principal.ts'
import { type Answer, content, html } from '../../http/answer.ts'
import { METHODS } from '../../http/endpoint.ts'
import { queryValues } from '../../http/query.ts'
import type { AuthReply, AuthRequest } from '../../http/request.ts'
import { ROUTE_TYPE, wantedBy } from '../../http/wanted.ts'
import { allowAny } from '../../permissions/basic-permissions.ts'
import type { RequestPrincipal } from '../../permissions/request-principal.ts'
import type { Surface } from '../core.ts'
import { defineEndpoint } from '../define-feature.ts'
import { requireReader } from './exposure.ts'
import type { ListedPath } from './index-page.ts'
import { browsableApiOptions, DEFAULTS } from './options.ts'

type AnyPrincipal = RequestPrincipal<unknown>

/** `GET /auth/browse/`: all endpoints, and the routes of the application that are known. */
export const browseIndex = defineEndpoint({
  path: { at: '/auth/browse/' },
  mount: (section) => section(browsableApiOptions) !== undefined,
  create: ({ section, surface }) => ({
    name: 'Browse',
    ignoresAccept: true,
    // In development the caller's machine is enough.
    requirement: allowAny,
    methods: {
      GET: {
        async handle(_fields, request, { principal }) {
          const settings = section(browsableApiOptions) ?? DEFAULTS
          const { exposure } = surface()
          requireReader(exposure, settings.requirements, request, principal)
          if (wantedBy(request) === 'route')
            return describedPath(request, surface(), principal as AnyPrincipal)
          return indexOf(request, surface(), settings.title)
        },
      },
    },
  }),
})

async function indexOf(
  { url }: AuthRequest,
  surface: Surface,
  title: string,
): Promise<Answer> {
  const { indexPage } = await import('./index-page.ts')
  const signIn = await surface.signInWays()
  if (signIn === undefined) throw new AuthError('not_found')
  const { headers, body } = indexPage({ url, title, signIn, ...listsOf(surface) })
  return html(body, { headers: ownHeaders(headers) })
}

/**
 * The description of the path that `?path=` names, for the form on the index: paths without a GET have no page of their own. Without
 * `path` it says who asks.
 */
async function describedPath(
  request: AuthRequest,
  surface: Surface,
  principal: AnyPrincipal,
): Promise<Answer> {
  const path = queryValues(request.url, 'path').at(-1)
  if (path === undefined) return content(ROUTE_TYPE, JSON.stringify(visitor(principal)))
  const others = [...surface.endpointRoutes(), ...surface.routes()]
  const methods = others.filter(
    (each) => each.path === path && each.route.browse !== undefined,
  )
  const facts = { pattern: path, methods, others }
  const reply = await methods[0]?.route.browse?.(request, () => facts)
  if (reply === undefined) throw new AuthError('not_found')
  const { status, headers, body } = reply
  return content(typeOf(reply), body, { status, headers: ownHeaders(headers) })
}

const visitor = (principal: AnyPrincipal): object => ({
  version: 1,
  complete: true,
  ...(principal.user !== undefined && { principal: principalOf(principal) }),
  methods: [],
})

const typeOf = ({ headers }: AuthReply): string =>
  headers.find(([name]) => name === 'Content-Type')?.[1] ?? ROUTE_TYPE

/** Without those that every answer of an endpoint has. */
const ownHeaders = (headers: AuthReply['headers']): AuthReply['headers'] =>
  headers.filter(([name]) => !OF_ANSWERS.includes(name))

const OF_ANSWERS = ['Content-Type', 'Cache-Control', 'Vary']

function listsOf(surface: Surface) {
  const endpoints = surface.endpoints.flatMap(({ path, methods }): ListedPath[] => {
    const described = METHODS.flatMap((method) => {
      const summary = methods[method]?.describe?.().summary
      return summary === undefined ? [] : [{ method, summary }]
    })
    return described.length === 0 ? [] : [{ path, methods: described, hasPage: true }]
  })
  const openapi = surface.endpoints.find(({ name }) => name === 'OpenAPI')?.path
  return { endpoints, routes: routesOf(surface), openapi }
}

/** Browsable ones alone: of others the page says no more than asking them does. */
function routesOf(surface: Surface): readonly ListedPath[] {
  const browsable = surface.routes().filter(({ route }) => route.browse !== undefined)
  const byPath = Map.groupBy(browsable, ({ path }) => path)
  return [...byPath].map(([path, routes]) => ({
    path,
    methods: routes.map(({ method, route }) => ({
      method,
      summary: route.options.describe?.summary,
    })),
    hasPage: routes.some(({ method }) => method === 'GET'),
  }))
}
