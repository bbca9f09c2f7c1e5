import { type Answer, redirect } from '../../http/answer.ts'
import { endpoint } from '../../http/endpoint.ts'
import type { Fields } from '../../http/fields.ts'
import { pathOf, queryOf } from '../../http/query.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { FeaturePage } from '../define-feature.ts'
import { CALLBACK_PATH } from './callback-address.ts'

const RETURNED = {
  trim: false,
  optional: true,
  allowBlank: true,
  maxBytes: 4096,
} as const

/** What a provider returns by a form. */
const RETURNED_FIELDS = {
  code: RETURNED,
  state: RETURNED,
  iss: RETURNED,
  error: RETURNED,
  error_description: RETURNED,
  user: RETURNED,
} as const satisfies Fields

/**
 * A provider that returns by a form of its own site, as Apple does: browsers send our cookies not with it, but with the page that it
 * leads to.
 */
export const returnedByForm = {
  fields: RETURNED_FIELDS,
  async handle(
    { user, ...fields }: Readonly<Record<string, string>>,
    request: AuthRequest,
  ): Promise<Answer> {
    const { nameInForm } = await import('./returned-name.ts')
    const query = new URLSearchParams({ ...fields, ...nameInForm(user) })
    return redirect(`${pathOf(request.url)}?${query}`, { status: 303 })
  },
}

/** The callback of an instance without pages: it signs in with the cookies that the options say, and goes on to the page of `next`. */
export const socialCallback: FeaturePage = {
  name: 'social.callback',
  path: CALLBACK_PATH,
  span: 'watchword.sign_in',
  create(instance, open) {
    const handle = async (
      parameters: URLSearchParams,
      request: AuthRequest,
      provider: string | undefined,
    ) => {
      const { answerReturned } = await import('./callback.ts')
      return answerReturned(parameters, request, provider, instance, await open())
    }
    return endpoint({
      name: 'Social Callback',
      path: CALLBACK_PATH,
      methods: {
        GET: {
          handle: (_fields, request, { parameters }) =>
            handle(queryOf(request.url), request, parameters.provider),
        },
        POST: returnedByForm,
      },
    })
  },
}
