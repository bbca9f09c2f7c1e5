import { writeFileSync } from 'node:fs'
import { watchword } from '../src/index.ts'
import { CONFIGURATIONS } from '../test/openapi/configurations.ts'

/**
 * Writes the documents that tests compare with, at a release that breaks clients or adds endpoints:
 *
 *     node tools/openapi-document.ts
 */
const folder = new URL('../test/openapi/', import.meta.url)
const operations: Record<string, readonly string[]> = {}
for (const [name, options] of Object.entries(CONFIGURATIONS)) {
  const auth = watchword({ database: 'sqlite::memory:', log: () => {}, ...options })
  const document = await auth.openapi()
  operations[name] = Object.values(document.paths).flatMap((item) =>
    Object.entries(item)
      .filter(([member]) => member !== 'parameters')
      .map(
        ([, operation]) => (operation as { readonly operationId: string }).operationId,
      ),
  )
  if (name === 'all features')
    writeFileSync(new URL('document.json', folder), `${JSON.stringify(document)}\n`)
}
writeFileSync(
  new URL('operations.json', folder),
  `${JSON.stringify(operations, null, 2)}\n`,
)
