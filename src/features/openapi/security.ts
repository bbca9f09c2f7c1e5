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
}

/** The security of an operation, in the order in which schemes are tried. Schemes without a description are left out. */
export function securityOf(
  { schemes, isOptional, changes }: SecuredBy,
  settings: SecuritySettings,
  components: Components,
): Security {
  const described = schemes.flatMap(({ security }) => security?.(settings) ?? [])
  const alternatives = described.map(({ name, scheme, csrf = false }) => ({
    [components.securityScheme(name, scheme)]: [],
    ...(csrf && changes && { [components.securityScheme('csrf', CSRF)]: [] }),
  }))
  return isOptional ? [...alternatives, {}] : alternatives
}

const CSRF = {
  type: 'apiKey',
  in: 'header',
  name: 'X-CSRFToken',
  description: 'The CSRF token, as the sign-in has answered it and its cookie has it.',
}
