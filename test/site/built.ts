import { execFile } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)
const DIST = 'site/dist'

/** They are installed separately. */
export const withoutTools = existsSync('site/node_modules')
  ? false
  : 'VitePress is not installed; npm run install:site does'

/** Compiles what builds the site, and builds it. */
export async function buildSite(): Promise<void> {
  await run('node_modules/.bin/tsc', ['-p', 'site/tsconfig.json'])
  await run(process.execPath, ['site/build.ts'], { maxBuffer: 2 ** 26 })
}

/** Pages by their paths, such as `/start`. */
export function builtPages(): ReadonlyMap<string, string> {
  const files = globSync('**/*.html', { cwd: DIST })
  return new Map(
    files.map((file) => [pathOf(file), readFileSync(join(DIST, file), 'utf8')]),
  )
}

const pathOf = (file: string): string =>
  `/${file.replace(/(^|(?<=\/))index\.html$|\.html$/, '')}`

/** Another file of the site, by its path. */
export function builtFile(path: string): string | undefined {
  const file = join(DIST, path)
  return extname(file) !== '' && existsSync(file)
    ? readFileSync(file, 'latin1')
    : undefined
}

/** The search index, a script. */
export const searchIndex = (): string =>
  globSync('assets/chunks/@localSearchIndex*.js', { cwd: DIST })
    .map((file) => readFileSync(join(DIST, file), 'utf8'))
    .join('')

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
}

/** Serves the site, as hosts of static files do. @returns its address */
export async function serveSite(t: TestContext): Promise<string> {
  const server = createServer(({ url = '' }, response) => {
    const file = fileAt(decodeURI(url))
    if (file === undefined) return response.writeHead(404).end()
    response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream')
    return response.end(readFileSync(file))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const fileAt = (path: string): string | undefined =>
  [`${path}.html`, `${path}index.html`, path]
    .map((each) => join(DIST, each))
    .find((file) => extname(file) !== '' && existsSync(file))
