import type { Surface } from '../core.ts'
import { Components } from './components.ts'
import { documentedRequirement, needsSignIn, READS, schemesIn } from './requirement.ts'
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
        scopes: documentedRequirement(requirement).scopes,
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
