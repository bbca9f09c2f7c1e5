import { AuthError } from '../../base/errors.ts'
import { html } from '../../http/answer.ts'
import { METHODS } from '../../http/endpoint.ts'
import { allowAny } from '../../permissions/basic-permissions.ts'
import type { Principal } from '../../permissions/permission.ts'
import type { Surface } from '../core.ts'
import { defineEndpoint } from '../define-feature.ts'
import type { ListedPath } from './index-page.ts'
import { browsableApiOptions } from './options.ts'

/** `GET /auth/browse/`: all endpoints, and the routes of the application that are known. */
export const browseIndex = defineEndpoint({
  path: { at: '/auth/browse/' },
  mount: (section) => section(browsableApiOptions) !== undefined,
  create: ({ surface }) => ({
    name: 'Browse',
    ignoresAccept: true,
    // In development the caller's machine is enough.
    requirement: allowAny,
    methods: {
      GET: {
        async handle(_fields, request, { principal }) {
          const { exposure } = surface()
          if (exposure === undefined || !exposure.isOn(request))
            throw new AuthError('not_found')
          const { requirements, title } = exposure.settings
          const who = principal as Partial<Principal>
          const known = who.user === undefined ? undefined : (who as Principal)
          if (!exposure.grants(requirements, request, known))
            throw new AuthError(
              known === undefined ? 'not_authenticated' : 'permission_denied',
            )
          const { indexPage } = await import('./index-page.ts')
          const { headers, body } = indexPage({
            url: request.url,
            title,
            ...listsOf(surface()),
          })
          return html(body, {
            headers: headers.filter(([name]) => !OF_ANSWERS.includes(name)),
          })
        },
      },
    },
  }),
})

/** Every answer of an endpoint has them. */
const OF_ANSWERS = ['Content-Type', 'Cache-Control', 'Vary']

function listsOf(surface: Surface) {
  const endpoints = surface.endpoints.flatMap(({ path, methods }): ListedPath[] => {
    const described = METHODS.flatMap((method) => {
      const description = methods[method]?.describe?.()
      return description === undefined ? [] : [{ method, summary: description.summary }]
    })
    return described.length === 0 ? [] : [{ path, methods: described, hasPage: true }]
  })
  const openapi = surface.endpoints.find(({ name }) => name === 'OpenAPI')?.path
  return { endpoints, routes: routesOf(surface), openapi }
}

/** Browsable ones alone: of others the page says no more than asking them does. */
function routesOf(surface: Surface): readonly ListedPath[] {
  const byPath = new Map<string, ListedPath>()
  for (const { path, method, route } of surface.routes()) {
    if (route.browse === undefined) continue
    const former = byPath.get(path)
    byPath.set(path, {
      path,
      methods: [
        ...(former?.methods ?? []),
        { method, summary: route.options.describe?.summary },
      ],
      hasPage: former?.hasPage === true || method === 'GET',
    })
  }
  return [...byPath.values()]
}
