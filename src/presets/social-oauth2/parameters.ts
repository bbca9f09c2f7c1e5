import {
  type Parameters,
  parametersOf,
  readParameters,
} from '../../features/oauth/parameters.ts'
import { parseBody } from '../../http/body.ts'
import { parseMediaType } from '../../http/media-type.ts'
import type { AuthRequest } from '../../http/request.ts'
import { formOf } from '../../pages/form.ts'

/** Reads a form, or JSON. @throws AuthError `invalid_request`, `parse_error`, `unsupported_media_type` */
export async function socialParameters(request: AuthRequest): Promise<Parameters> {
  const { type } = parseMediaType(request.header('content-type') ?? '')
  if (type === 'application/x-www-form-urlencoded' || request.url.includes('?'))
    return readParameters(request)
  const { values } = await parseBody(request)
  const sent = [...values].filter(([, value]) => typeof value === 'string')
  return parametersOf(formOf(new URLSearchParams(sent as [string, string][])))
}
