import { globSync, readFileSync } from 'node:fs'

/** What a bundler's plugin sees of a build. */
interface Context {
  emitFile(file: { type: 'asset'; fileName: string; source: string }): unknown
  getModuleIds(): Iterable<string>
}

/** Writes the licence of everything that the build carries inside to `THIRD-PARTY-LICENSES`. */
export function licences() {
  return {
    name: 'licences',
    generateBundle(this: Context) {
      const packages = new Set(
        [...this.getModuleIds()].flatMap((id) => PACKAGE.exec(id)?.[0] ?? []),
      )
      const notices = [...packages].sort().map(noticeOf)
      const source = [INTRODUCTION, ...notices, django()].join(RULE)
      this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY-LICENSES', source })
    },
  }
}

const PACKAGE = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/
const RULE = `\n${'-'.repeat(72)}\n\n`
const INTRODUCTION =
  'watchword itself is MIT; see LICENSE. Its published files hold parts of:\n'

/** @throws Error if a package has no licence that can be read */
function noticeOf(folder: string): string {
  const { name, version, license } = JSON.parse(
    readFileSync(`${folder}/package.json`, 'utf8'),
  )
  const [file] = globSync(`${folder}/{LICENSE,LICENCE,license}*`)
  if (file === undefined)
    throw new Error(`${name} has no file LICENSE: it cannot be bundled.`)
  return `${name} ${version} (${license})\n\n${readFileSync(file, 'utf8').trim()}\n`
}

/** The list of common passwords, whose notice is quoted where the list is. */
function django(): string {
  const readme = readFileSync(
    new URL('../src/passwords/README.md', import.meta.url),
    'utf8',
  )
  const notice = [...readme.matchAll(/^> ?(.*)$/gm)].map(([, line]) => line).join('\n')
  if (!notice.startsWith('Copyright'))
    throw new Error('src/passwords/README.md does not quote the licence of Django.')
  return `The list of common passwords of Django (BSD-3-Clause)\n\n${notice}\n`
}
