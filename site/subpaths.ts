import { readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Subpath {
  /** What programs import, such as `watchword/express`. */
  readonly specifier: string
  /** The name of its page in the reference. */
  readonly page: string
}

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, unknown>>
}

const manifest = readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')
const { name, exports } = JSON.parse(manifest) as Manifest

/** The subpaths that the package exports, which have a page each in the reference. */
export const SUBPATHS: readonly Subpath[] = Object.keys(exports).map((subpath) => ({
  specifier: subpath.replace('.', name),
  page: subpath === '.' ? name : subpath.slice('./'.length),
}))
