import { apiToken, basic, bearer, session } from '../../src/authentication.ts'
import { isAuthenticated } from '../../src/permissions/index.ts'
import { watchword } from '../../src/watchword.ts'

/** An instance with every kind of option, as an application exports it. */
export const auth = watchword({
  database: 'postgres://localhost/api',
  redis: 'redis://localhost',
  path: '/api/token',
  url: 'https://app.example.com',
  accounts: { signUp: 'invitation' },
  user: { nickname: 'string?', age: 'number', newsletter: 'boolean', born: 'date?' },
  users: {
    loginField: 'email',
    updateLastLogin: true,
    rule: (user) => user?.active === true,
  },
  endpoints: {
    slidingObtain: true,
    slidingRefresh: '/refresh',
    obtain: { handle: (_, __, next) => next() },
  },
  authentication: [bearer(), session(), apiToken(), basic()],
  roles: {
    admin: ['*'],
    editor: ['posts.view', 'posts.add', 'posts.change', 'posts.delete'],
    reader: ['posts.view', 'comments.view', 'users.view'],
  },
  permissions: isAuthenticated,
  throttle: { anon: '100/day', user: '10000/day', login: '5/min', upload: '20/hour' },
  tokens: {
    access: '5m',
    refresh: '7d',
    session: '30d',
    issuer: 'https://auth.example.com',
    audience: ['api', 'web'],
    claims: (user) => ({ email: user.email }),
  },
  on: { signedIn: ({ user }) => console.log(user.username) },
  audit: { keep: '365d' },
  proxies: 1,
  explain: true,
  telemetry: true,
})
