import type { Description } from '../../http/description.ts'
import {
  type JsonSchema,
  members,
  type Properties,
  text,
} from '../../http/json-schema.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { Core, OpenCore } from '../core.ts'
import type { PathlessEndpoint } from '../define-feature.ts'

/** What the endpoints for applications need. */
export const NEEDS = {
  sessions:
    'oauth needs stored sessions: set tokens.sessions to true, or leave the option oauth out.',
  signing:
    'oauth needs a key that signs tokens: set tokens.signingKey, or leave the option oauth out.',
} as const

const FORM = 'application/x-www-form-urlencoded'

/** The parameters of client authentication in a body (RFC 6749 §2.3.1). */
const PROOF: Properties = {
  client_id: text('The application, unless the header Authorization names it.'),
  client_secret: text('Its secret.', { format: 'password', writeOnly: true }),
  client_assertion_type: text(),
  client_assertion: text('A token that it has signed (RFC 7523).'),
}

/** The body of a request that also authenticates the application. */
export const bodyOf = (properties: Properties, required: readonly string[]): JsonSchema =>
  members({ ...properties, ...PROOF }, required)

type Handle = (request: AuthRequest, core: Core) => Promise<object>

/** An endpoint that takes a form and answers errors as RFC 6749 §5.2. Its handler is imported with the first request. */
export const formEndpoint = (
  name: string,
  open: OpenCore,
  load: () => Promise<Handle>,
  description: Description,
): PathlessEndpoint => ({
  name,
  ignoresAccept: true,
  methods: {
    POST: {
      describe: () => ({ mediaTypes: [FORM], ...description }),
      handle: async (_, request) => (await load())(request, await open()),
    },
  },
})
