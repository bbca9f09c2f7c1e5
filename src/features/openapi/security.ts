import type { Scheme, SecuritySettings } from '../../authentication/scheme.ts'
import type { Components } from './components.ts'

/** Alternatives, each a list of security schemes by name (OpenAPI 3.1.0 §4.8.30). */
export type Security = readonly Readonly<Record<string, readonly string[]>>[]

export const PUBLIC: Security = []

export interface SecuredBy {
  readonly schemes: readonly Scheme<unknown>[]
  /** Whether anonymous requests may be admitted. */
  readonly isOptional: boolean
  /** Whether the method changes something. */
  readonly changes: boolean
  /** Scopes that the credentials need: of schemes that have scopes (OpenAPI 3.1.0 §4.8.30). Default: none. */
  readonly scopes?: readonly string[]
}

/** The security of an operation, in the order in which schemes are tried. Schemes without a description are left out. */
export function securityOf(
  { schemes, isOptional, changes, scopes = [] }: SecuredBy,
  settings: SecuritySettings,
  components: Components,
): Security {
  const described = schemes.flatMap(({ security }) => security?.(settings) ?? [])
  const alternatives = described.map(({ name, scheme, csrf = false }) => ({
    [components.securityScheme(name, scheme)]: namedFor(scheme, scopes),
    ...(csrf && changes && { [components.securityScheme('csrf', CSRF)]: [] }),
  }))
  if (!isOptional) return alternatives
  return [...alternatives, {}]
}

/** Others would read scopes as the names of roles. */
function namedFor(scheme: object, scopes: readonly string[]): readonly string[] {
  const { type } = scheme as { readonly type?: string }
  if (type === 'oauth2' || type === 'openIdConnect') return scopes
  return []
}

const CSRF = {
  type: 'apiKey',
  in: 'header',
  name: 'X-CSRFToken',
  description: 'The CSRF token, as the sign-in has answered it and its cookie has it.',
}
