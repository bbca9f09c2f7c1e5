import type { CanActivate, ExecutionContext } from '@nestjs/common'
import type {
  KnownRoute,
  RouteFacts,
  RouteInfo,
  RouteMethod,
} from '../guard/route-info.ts'
import { methodsNamed, routeOf } from './guarding.ts'

/** `Reflect.getMetadata` comes from `reflect-metadata`, which Nest requires. */
export const metadataOf = (key: string, target: object): unknown =>
  (Reflect as { getMetadata?(key: string, target: object): unknown }).getMetadata?.(
    key,
    target,
  )

/** What `@UseGuards` has put on a handler or a controller. */
export const guardsOn = (target: object): readonly unknown[] =>
  (metadataOf('__guards__', target) as readonly unknown[] | undefined) ?? []

/** The values of Nest's `RequestMethod`. */
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'ALL']

/** The handlers of the controller with the same path. @param guard the one that asks */
export function nestFacts(context: ExecutionContext, guard: CanActivate): RouteFacts {
  const controller = context.getClass()
  const path = metadataOf('path', context.getHandler())
  const methods = handlersIn(controller.prototype)
    .filter((handler) => isSame(metadataOf('path', handler), path))
    .flatMap((handler) => methodOf(handler, controller, [guard]))
  const pattern = patternIn(context)
  return { ...(pattern !== undefined && { pattern }), methods }
}

/** What Nest keeps of an application; `@nestjs/swagger` reads the same. */
interface NestApplication {
  readonly container?: {
    getModules(): ReadonlyMap<unknown, NestModule>
  }
  readonly config?: { getGlobalPrefix(): string; getGlobalGuards(): readonly unknown[] }
}
interface NestModule {
  readonly controllers: ReadonlyMap<unknown, { readonly metatype: unknown }>
}

/** The guarded routes of the controllers, without those of versions and of hosts. */
export function nestRoutes(app: object): readonly KnownRoute[] {
  const { container, config } = app as NestApplication
  const modules = [...(container?.getModules().values() ?? [])]
  const prefix = config?.getGlobalPrefix() ?? ''
  const global = config?.getGlobalGuards() ?? []
  return modules
    .flatMap(({ controllers }) => [...controllers.values()])
    .flatMap(({ metatype }) => controllerRoutes(metatype, prefix, global))
}

function controllerRoutes(
  controller: unknown,
  prefix: string,
  global: readonly unknown[],
): readonly KnownRoute[] {
  if (typeof controller !== 'function') return []
  return handlersIn(controller.prototype).flatMap((handler) =>
    methodOf(handler, controller, global).flatMap((method) =>
      pathsOf(controller, handler).map((path) => ({
        ...method,
        path: joined(prefix, path),
      })),
    ),
  )
}

/** A controller and a handler may have several paths each. */
function pathsOf(controller: object, handler: object): readonly string[] {
  const [bases, paths] = [controller, handler].map((each) =>
    [metadataOf('path', each) as string | readonly string[]].flat(),
  )
  return (bases ?? []).flatMap((base) => (paths ?? []).map((path) => joined(base, path)))
}

const joined = (base: string, path: string): string =>
  `/${base}/${path}`.replace(/\/{2,}/g, '/')

const handlersIn = (prototype: object): readonly object[] =>
  Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const { value } = Object.getOwnPropertyDescriptor(prototype, name) ?? {}
    const isHandler =
      typeof value === 'function' && metadataOf('method', value) !== undefined
    if (!isHandler) return []
    return [value as object]
  })

const isSame = (one: unknown, other: unknown): boolean =>
  JSON.stringify(one) === JSON.stringify(other)

function methodOf(
  handler: object,
  controller: object,
  others: readonly unknown[],
): readonly RouteMethod[] {
  const name = METHODS[Number(metadataOf('method', handler))]
  const guards = [...guardsOn(handler), ...guardsOn(controller), ...others]
  const route = guards.map(routeOf).find((each): each is RouteInfo => each !== undefined)
  if (name === undefined || route === undefined) return []
  return methodsNamed(name).map((method) => ({ method, route }))
}

/** The path of the route, as the framework below Nest has it. */
function patternIn(context: ExecutionContext): string | undefined {
  const request = context.switchToHttp().getRequest<{
    readonly route?: { readonly path?: unknown }
    readonly routeOptions?: { readonly url?: string }
  }>()
  const path = request.routeOptions?.url ?? request.route?.path
  if (typeof path !== 'string') return undefined
  return path
}
