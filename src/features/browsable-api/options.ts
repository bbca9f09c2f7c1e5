import * as z from 'zod/mini'
import { isStaff } from '../../permissions/basic-permissions.ts'
import type { Permission } from '../../permissions/permission.ts'
import { functionOf, name, switchedSection, withDefault } from '../../schema/shapes.ts'

type AnyPermission = Permission<unknown, unknown>

/** The option `browsableApi`. */
export interface BrowsableApiOptions {
  /**
   * Whether it is on in production, too, and for callers on other machines. Without it the option is for development alone.
   *
   * @default false
   */
  readonly production?: boolean
  /**
   * Who sees why a request was refused, besides callers on this machine in development. The permission must answer at once.
   *
   * @default isStaff
   */
  readonly explain?: AnyPermission | false
  /**
   * Who sees what routes require, besides callers on this machine in development. The permission must answer at once.
   *
   * @default isStaff
   */
  readonly requirements?: AnyPermission | 'public'
  /**
   * Who may read the OpenAPI document in production.
   *
   * @default isStaff
   */
  readonly openapi?: AnyPermission | 'public' | false
  /**
   * The name of the API in titles.
   *
   * @default "API"
   */
  readonly title?: string
}

/** The option `browsableApi`, parsed. */
export interface BrowsableApiSettings {
  readonly production: boolean
  readonly explain: AnyPermission | false
  readonly requirements: AnyPermission | 'public'
  readonly openapi: AnyPermission | 'public' | false
  readonly title: string
}

const FAULT = 'must be a permission such as isStaff'

function members() {
  const permission = functionOf<AnyPermission>()
  return {
    production: withDefault(z.boolean(), false),
    explain: withDefault(
      z.union([permission, z.literal(false)], `${FAULT}, or false`),
      () => isStaff,
    ),
    requirements: withDefault(
      z.union([permission, z.literal('public')], `${FAULT}, or "public"`),
      () => isStaff,
    ),
    openapi: withDefault(
      z.union(
        [permission, z.literal('public'), z.literal(false)],
        `${FAULT}, "public" or false`,
      ),
      () => isStaff,
    ),
    title: withDefault(name, 'API'),
  }
}

/** Of `true`. */
export const DEFAULTS: BrowsableApiSettings = {
  production: false,
  explain: isStaff,
  requirements: isStaff,
  openapi: isStaff,
  title: 'API',
}

/** Pages about the endpoints and the guarded routes for browsers: `true`, or an object. `undefined` if it is off. */
export const browsableApiOptions = switchedSection<BrowsableApiOptions>()(
  members,
  'must be true, false or { production, explain, requirements, openapi, title }',
)
