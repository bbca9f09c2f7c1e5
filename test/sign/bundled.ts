import { resolve } from 'node:path'
import { rolldown } from 'rolldown'

/** The code of a page that imports these names of `watchword/sign`. */
export async function bundled(names: string): Promise<string> {
  const entry = resolve('src/sign/entry-of-the-test.ts')
  const bundle = await rolldown({
    input: entry,
    platform: 'browser',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === entry ? entry : undefined),
        load: (id) =>
          id === entry ? `export { ${names} } from './index.ts'` : undefined,
      },
    ],
  })
  const { output } = await bundle.generate({ format: 'esm', minify: true })
  await bundle.close()
  return output[0].code
}
