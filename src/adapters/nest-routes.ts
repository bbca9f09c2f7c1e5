import type { CanActivate, ExecutionContext } from '@nestjs/common'
import type { RouteFacts, RouteInfo, RouteMethod } from '../guard/route-info.ts'
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
    .flatMap((handler) => methodOf(handler, controller, guard))
  const pattern = patternIn(context)
  return { ...(pattern !== undefined && { pattern }), methods }
}

const handlersIn = (prototype: object): readonly object[] =>
  Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const { value } = Object.getOwnPropertyDescriptor(prototype, name) ?? {}
    const isHandler =
      typeof value === 'function' && metadataOf('method', value) !== undefined
    return isHandler ? [value as object] : []
  })

const isSame = (one: unknown, other: unknown): boolean =>
  JSON.stringify(one) === JSON.stringify(other)

function methodOf(
  handler: object,
  controller: object,
  guard: CanActivate,
): readonly RouteMethod[] {
  const name = METHODS[Number(metadataOf('method', handler))]
  const guards = [...guardsOn(handler), ...guardsOn(controller), guard]
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
  return typeof path === 'string' ? path : undefined
}
