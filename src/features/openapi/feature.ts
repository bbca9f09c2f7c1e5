import type { CommandTable } from '../../command/command.ts'
import type { Surface } from '../core.ts'
import { defineFeature } from '../define-feature.ts'
import type { Documented } from './command.ts'
import type { OpenApiDocument, OpenApiOptions } from './document.ts'
import { openapiEndpoint } from './endpoint.ts'
import type { OpenApiSecurity } from './security-helpers.ts'

const COMMANDS: CommandTable<Documented> = {
  openapi: async () => (await import('./command.ts')).openapiCommand,
}

/** A description of the endpoints, for people and for tools that make clients of it. */
export const openapi = defineFeature({
  name: 'openapi',
  commands: COMMANDS,
  endpoints: {
    /** The OpenAPI document: `/openapi.json`. With the option `browsableApi`; else for staff. */
    openapi: openapiEndpoint,
  },
  admin: (_open, surface) => ({
    /** The OpenAPI 3.1 document of the endpoints. The database is not opened. */
    openapi: (options: OpenApiOptions = {}): Promise<OpenApiDocument> =>
      documentOf(surface, options),
    /** What a document of the application's own says of the credentials of its routes. */
    openapiSecurity: async (): Promise<OpenApiSecurity> => {
      const { openApiSecurity } = await import('./security-helpers.ts')
      return openApiSecurity(surface)
    },
  }),
})

/** Loaded when a document is asked for. */
async function documentOf(
  surface: Surface,
  options: OpenApiOptions,
): Promise<OpenApiDocument> {
  const { createDocument } = await import('./document.ts')
  return createDocument(surface, options)
}
