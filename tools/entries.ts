/** The sources of the package's subpaths, by the name of their built file. */
export const SUBPATHS = {
  index: 'src/index.ts',
  authentication: 'src/authentication.ts',
  jwt: 'src/jwt/index.ts',
  permissions: 'src/permissions/index.ts',
  pages: 'src/pages.ts',
  presets: 'src/presets/index.ts',
  testing: 'src/testing/index.ts',
  verify: 'src/verify/index.ts',
  express: 'src/adapters/express.ts',
  fastify: 'src/adapters/fastify.ts',
  fetch: 'src/adapters/fetch.ts',
  hono: 'src/adapters/hono.ts',
  nest: 'src/adapters/nest.ts',
  next: 'src/adapters/next.ts',
  node: 'src/adapters/node.ts',
} as const

/** Those that run in browsers: built by themselves, without a file of the server's. */
export const BROWSER_SUBPATHS = {
  client: 'src/client/index.ts',
  sign: 'src/sign/index.ts',
  react: 'src/client/react.ts',
  vue: 'src/client/vue.ts',
  angular: 'src/client/angular.ts',
} as const
