import { type Endpoint, endpoint } from '../../http/endpoint.ts'
import { credentials } from './credentials.ts'
import type { TokenVerbs } from './verbs.ts'

/** Signs in with a password, for a refresh token and an access token. */
export const obtain = <Login extends string>(
  loginField: Login,
  verbs: Pick<TokenVerbs, 'obtain'>,
): Endpoint =>
  endpoint({
    name: 'Token Obtain Pair',
    path: '/api/token/',
    methods: {
      POST: {
        fields: credentials(loginField),
        handle: (fields, request) =>
          verbs.obtain(fields[loginField], fields.password, request),
      },
    },
  })
