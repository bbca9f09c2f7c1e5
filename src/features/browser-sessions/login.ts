import { type Endpoint, endpoint } from '../../http/endpoint.ts'
import { credentials } from '../tokens/credentials.ts'
import type { TokenVerbs } from '../tokens/verbs.ts'

/** Signs a browser in with a password: the answer sets its cookies. */
export const login = <Login extends string>(
  loginField: Login,
  verbs: Pick<TokenVerbs, 'login'>,
): Endpoint =>
  endpoint({
    name: 'Login',
    path: '/auth/login/',
    methods: {
      POST: {
        fields: credentials(loginField),
        handle: (fields, request) =>
          verbs.login(fields[loginField], fields.password, request),
      },
    },
  })
