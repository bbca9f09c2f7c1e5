import type { Request } from 'express'
import type { KnownRoute, RouteFacts } from '../guard/route-info.ts'
import { methodsAt, methodsNamed, routeOf } from './guarding.ts'

/** The parts of a router of Express that say which routes it has. */
interface Router {
  readonly stack?: readonly Layer[]
}
interface Layer {
  readonly handle?: unknown
  readonly route?: {
    readonly path?: unknown
    readonly stack?: readonly { readonly method?: string; readonly handle?: unknown }[]
  }
}

/** The guarded routes of an application or router, without those of routers in it: their prefixes are not kept as text. */
export function expressRoutes(app: unknown, prefix = ''): readonly KnownRoute[] {
  const router = routerOf(app)
  return (router.stack ?? []).flatMap(({ route }) => {
    const path = route?.path
    if (typeof path !== 'string') return []
    return (route?.stack ?? []).flatMap(({ method, handle }) => {
      const guarded = routeOf(handle)
      if (guarded === undefined) return []
      return methodsNamed(method).map((each) => ({
        method: each,
        path: prefix + path,
        route: guarded,
      }))
    })
  })
}

/** An application makes its router at the first use; a router is a function with a stack. */
const routerOf = (app: unknown): Router =>
  (app as { readonly router?: Router }).router ?? (app as Router)

/** Other methods are known within the router of the handler alone. @param prefix of the endpoints */
export function expressFacts(
  req: Pick<Request, 'app' | 'baseUrl' | 'route'>,
  handler: unknown,
  prefix: string,
): RouteFacts {
  const pattern: unknown = req.route?.path
  const router = routerWith(handler, routerOf(req.app))
  if (typeof pattern !== 'string' || router === undefined) return { prefix }
  const others = expressRoutes(router, req.baseUrl)
  const path = req.baseUrl + pattern
  return { pattern: path, methods: methodsAt(path, others), prefix, others }
}

/** The router that has a handler, among those in a router. */
function routerWith(handler: unknown, router: Router, depth = 0): Router | undefined {
  const stack = router.stack ?? []
  const isHere = stack.some(({ route }) =>
    route?.stack?.some(({ handle }) => handle === handler),
  )
  if (isHere) return router
  if (depth > DEEPEST) return undefined
  for (const { handle } of stack) {
    const inner = handle as Router | undefined
    const found = inner?.stack && routerWith(handler, inner, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}

/** Routers that contain themselves must not hang a request. */
const DEEPEST = 16
