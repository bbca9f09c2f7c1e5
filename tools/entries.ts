/** The sources of the package's subpaths, by the name of their built file. */
export const SUBPATHS = {
  index: 'src/index.ts',
  authentication: 'src/authentication.ts',
  jwt: 'src/jwt/index.ts',
  permissions: 'src/permissions/index.ts',
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
