import { type Endpoint, endpoint } from '../../http/endpoint.ts'
import { credentials } from '../tokens/credentials.ts'
import type { TokenVerbs } from '../tokens/verbs.ts'

/** Signs in with a password, for one sliding token. */
export const obtainSliding = <Login extends string>(
  loginField: Login,
  verbs: Pick<TokenVerbs, 'obtainSliding'>,
): Endpoint =>
  endpoint({
    name: 'Token Obtain Sliding',
    path: '/api/token/sliding/',
    methods: {
      POST: {
        fields: credentials(loginField),
        handle: (fields, request) =>
          verbs.obtainSliding(fields[loginField], fields.password, request),
      },
    },
  })
