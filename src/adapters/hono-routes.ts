import type { Context } from 'hono'
import type { KnownRoute, RouteFacts } from '../guard/route-info.ts'
import { methodsAt, methodsNamed, routeOf } from './guarding.ts'

/** The part of an application of Hono that says which routes it has. */
interface WithRoutes {
  readonly routes?: readonly HonoRoute[]
}
interface HonoRoute {
  readonly method: string
  readonly path: string
  readonly handler: unknown
}

/** The guarded routes of an application. A guard of a whole part of it, such as `/admin/*`, names no route. */
export const honoRoutes = (app: object): readonly KnownRoute[] =>
  guardedIn(app).flatMap(({ method, path, handler }) => {
    const route = routeOf(handler)
    if (route === undefined || path.includes('*')) return []
    return methodsNamed(method).map((each) => ({ method: each, path, route }))
  })

const guardedIn = (app: object): readonly HonoRoute[] => (app as WithRoutes).routes ?? []

/** @param app the one of `mount`; it may be mounted below a prefix of another */
export function honoFacts(
  c: Context,
  handler: unknown,
  app: object | undefined,
): RouteFacts {
  const pattern = c.req.routePath
  const own =
    app &&
    guardedIn(app).find((each) => each.handler === handler && pattern.endsWith(each.path))
  if (app === undefined || own === undefined || own.path.includes('*')) return {}
  const prefix = pattern.slice(0, -own.path.length)
  const known = honoRoutes(app)
  const others = known.map((each) => ({ ...each, path: prefix + each.path }))
  return { pattern, methods: methodsAt(own.path, known), prefix, others }
}
