import { createHash } from 'node:crypto'
import { lazy } from '../../base/lazy.ts'
import { content, empty } from '../../http/answer.ts'
import { answer } from '../../http/description.ts'
import { allowAny, isStaff } from '../../permissions/basic-permissions.ts'
import { requireReader } from '../browsable-api/exposure.ts'
import { browsableApiOptions } from '../browsable-api/options.ts'
import type { SectionReader, Surface } from '../core.ts'
import { defineEndpoint } from '../define-feature.ts'

const CACHE = { cacheControl: 'private, max-age=60' } as const

const isMounted = (section: SectionReader): boolean => {
  const settings = section(browsableApiOptions)
  return settings !== undefined && settings.openapi !== false
}

/** `GET /openapi.json` */
export const openapiEndpoint = defineEndpoint({
  path: { at: '/openapi.json' },
  mount: isMounted,
  create({ section, surface }) {
    const document = lazy(() => servedDocument(surface()))
    const settings = section(browsableApiOptions)
    return {
      name: 'OpenAPI',
      ignoresAccept: true,
      // With the option, the caller's machine may be enough.
      requirement: settings === undefined ? isStaff : allowAny,
      methods: {
        GET: {
          describe: () => ({
            operationId: 'openapi',
            summary: 'The OpenAPI document',
            answers: {
              200: answer('An OpenAPI 3.1 document.', { type: 'object' }),
              304: { description: 'It is the one that `If-None-Match` names.' },
            },
          }),
          async handle(_fields, request, { principal }) {
            if (settings !== undefined)
              requireReader(surface().exposure, settings.openapi, request, principal)
            const { text, etag } = await document()
            const headers = [['ETag', etag] as const]
            if (request.header('if-none-match') === etag)
              return empty({ status: 304, headers, ...CACHE })
            return content('application/json', text, { headers, ...CACHE })
          },
        },
      },
    }
  },
})

/** With the routes that the application has at the first request. */
async function servedDocument(surface: Surface) {
  const { createDocument } = await import('./document.ts')
  const { title = 'API' } = surface.section(browsableApiOptions) ?? {}
  const text = JSON.stringify(createDocument(surface, { title, routes: true }))
  const digest = createHash('sha256').update(text).digest('base64url')
  return { text, etag: `"${digest.slice(0, 22)}"` }
}
