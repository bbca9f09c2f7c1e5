import { createHash } from 'node:crypto'
import { AuthError } from '../../base/errors.ts'
import { lazy } from '../../base/lazy.ts'
import { content, empty } from '../../http/answer.ts'
import { answer } from '../../http/description.ts'
import { allowAny, isStaff } from '../../permissions/basic-permissions.ts'
import type { Principal } from '../../permissions/permission.ts'
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
              requireReader(request, principal as Principal, surface(), settings.openapi)
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

type Exposure = NonNullable<Surface['exposure']>

/** @throws AuthError `not_found` if it is off for the caller, `not_authenticated`, `permission_denied` */
function requireReader(
  request: Parameters<Exposure['isOn']>[0],
  principal: Partial<Principal>,
  { exposure }: Surface,
  readers: Parameters<Exposure['grants']>[0],
): void {
  if (exposure === undefined || !exposure.isOn(request)) throw new AuthError('not_found')
  const known = principal.user === undefined ? undefined : (principal as Principal)
  if (exposure.grants(readers, request, known)) return
  throw new AuthError(known === undefined ? 'not_authenticated' : 'permission_denied')
}

/** With the routes that the application has at the first request. */
async function servedDocument(surface: Surface) {
  const { createDocument } = await import('./document.ts')
  const { title = 'API' } = surface.section(browsableApiOptions) ?? {}
  const text = JSON.stringify(createDocument(surface, { title, routes: true }))
  const digest = createHash('sha256').update(text).digest('base64url')
  return { text, etag: `"${digest.slice(0, 22)}"` }
}
