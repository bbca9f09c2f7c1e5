import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchword } from '../../src/index.ts'
import { CONFIGURATIONS } from './configurations.ts'
import { tool, withoutTools } from './tools.ts'

interface Redocly {
  createConfig(config: object): Promise<unknown>
  lintFromString(options: { source: string; config: unknown }): Promise<
    readonly {
      readonly ruleId: string
      readonly message: string
      readonly location: readonly { readonly pointer?: string }[]
    }[]
  >
}
interface SwaggerParser {
  readonly default: { validate(document: object): Promise<unknown> }
}

/** Paths end with a slash, as Django's do; and Djoser's `/users/me/` is beside `/users/{id}/`, which the router tells apart. */
const RULES = { 'no-path-trailing-slash': 'off', 'no-ambiguous-paths': 'off' }

/** Addresses of Django OAuth Toolkit that lead to pages elsewhere: they succeed with a redirect, and never with a 2xx. */
const REDIRECTING = [
  'applications~1',
  'applications~1register~1',
  'authorized_tokens~1',
].map((path) => `operation-2xx-response #/paths/~1o~1${path}/get/responses`)
const isAllowed = (problem: string): boolean =>
  REDIRECTING.some((each) => problem.startsWith(`${each}:`))

for (const [name, options] of Object.entries(CONFIGURATIONS)) {
  test(`${name}: the document is valid (OA-02)`, { skip: withoutTools }, async () => {
    const { createConfig, lintFromString } = await tool<Redocly>('@redocly/openapi-core')
    const parser = await tool<SwaggerParser>('@apidevtools/swagger-parser')
    const auth = watchword({ database: 'sqlite::memory:', log: () => {}, ...options })
    const document = await auth.openapi()

    const config = await createConfig({ extends: ['recommended'], rules: RULES })
    const problems = await lintFromString({ source: JSON.stringify(document), config })
    const shown = problems.map(
      ({ ruleId, message, location }) => `${ruleId} ${location[0]?.pointer}: ${message}`,
    )
    assert.deepEqual(
      shown.filter((problem) => !isAllowed(problem)),
      [],
    )
    // It resolves references in the object that it is passed.
    await assert.doesNotReject(parser.default.validate(structuredClone(document)))
  })
}
