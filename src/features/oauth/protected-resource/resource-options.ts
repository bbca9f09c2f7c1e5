import * as z from 'zod/mini'
import { absolutePath, withDefault } from '../../../schema/shapes.ts'
import { isScope } from '../scope.ts'

/** What applications read of a resource before they ask for tokens (RFC 9728 §2). */
export interface ProtectedResource {
  /** For people. */
  readonly name?: string | undefined
  /** The scopes that its routes require. */
  readonly scopes?: readonly string[] | undefined
  /** The address of its documentation. */
  readonly documentation?: string | undefined
}

export interface ResourceOptions {
  /**
   * Paths of the instance that have tokens of their own, such as that of an MCP server: `{ "/mcp": { scopes: ["notes:read"] } }`.
   * Their metadata is at `/.well-known/oauth-protected-resource/mcp` (RFC 9728), and guards with `resource: "/mcp"` name it.
   *
   * @default {}
   */
  readonly protectedResources?: Readonly<Record<`/${string}`, ProtectedResource>>
}

export interface ResourceSettings {
  readonly protectedResources: Readonly<Record<string, ProtectedResource>>
}

const resourcePath = absolutePath.check(
  z.refine(
    (path) => /[^/]$/.test(path),
    'must be a path without a slash at its end, such as "/mcp"',
  ),
)

const resource = () =>
  z.strictObject({
    name: z.optional(z.string().check(z.minLength(1, 'must be a name for people'))),
    scopes: z.optional(
      z.array(
        z.string().check(z.refine(isScope, 'must be a scope such as "notes:read"')),
      ),
    ),
    documentation: z.optional(
      z
        .string()
        .check(
          z.refine(
            (url) => /^https?:\/\//.test(url) && URL.canParse(url),
            'must be an address such as "https://example.com/docs"',
          ),
        ),
    ),
  })

export const resourceOptions = () =>
  ({
    protectedResources: withDefault(z.record(resourcePath, resource()), {}),
  }) satisfies Record<keyof ResourceOptions, z.ZodMiniType>
