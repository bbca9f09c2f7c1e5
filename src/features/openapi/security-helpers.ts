import type { Scheme } from '../../authentication/scheme.ts'
import { requiresSignIn } from '../../permissions/permission.ts'
import type { Surface } from '../core.ts'
import { Components } from './components.ts'
import { type Security, securityOf } from './security.ts'

/** What a document of the application's own says of credentials. */
export interface OpenApiSecurity {
  /** For `components.securitySchemes`: of the option `authentication`. */
  readonly securitySchemes: Readonly<Record<string, object>>
  /**
   * The `security` of an operation behind a guard.
   *
   * @param requirement as the guard is given it
   * @param method GET needs no CSRF token. Default: GET
   */
  securityFor(requirement?: unknown, method?: string): Security
}

export function openApiSecurity(surface: Surface): OpenApiSecurity {
  const components = new Components()
  const securityFor = (requirement?: unknown, method = 'GET'): Security =>
    securityOf(
      {
        schemes: schemesIn(requirement) ?? surface.authentication,
        isOptional: !needsSignIn(requirement),
        changes: !READS.has(method.toUpperCase()),
      },
      surface.security,
      components,
    )
  // Lists all of them, and the CSRF token if one needs it.
  securityFor(undefined, 'POST')
  return {
    get securitySchemes() {
      return Object.fromEntries(components.securitySchemes)
    },
    securityFor,
  }
}

export const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

interface Table {
  readonly schemes?: readonly Scheme<unknown>[]
  readonly permissions?: object | readonly object[] | string
}

export const schemesIn = (requirement: unknown): Table['schemes'] =>
  typeof requirement === 'object' && requirement !== null
    ? (requirement as Table).schemes
    : undefined

/** As the types of guarded handlers have it. A list of strings is one of permission strings. */
export function needsSignIn(requirement: unknown): boolean {
  const given =
    typeof requirement === 'object' && requirement !== null
      ? (requirement as Table).permissions
      : requirement
  if (given === undefined) return true
  return [given]
    .flat()
    .some((part) => typeof part === 'string' || requiresSignIn(part as object))
}
