import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { after } from 'node:test'
import { promisify } from 'node:util'
import { ROUTES, type Route } from '../program.ts'

const run = promisify(execFile)

export const NEXT = resolve(import.meta.dirname, 'node_modules/next/dist/bin/next')

/** Next is large and installed separately. CI always has it. */
export const withoutNext =
  existsSync(NEXT) || process.env.CI === 'true'
    ? false
    : 'Next is not installed; npm run install:next does'

/** A program of files, by path in its project; `@src` and `@adapters` in them are folders of this repository. */
export type Project = Readonly<Record<string, string>>

/** Writes a project beside Next's packages and builds it. Removed after the tests. @returns its folder */
export async function built(project: Project): Promise<string> {
  const folder = mkdtempSync(join(import.meta.dirname, '.place-'))
  folders.push(folder)
  for (const [file, text] of Object.entries(project)) {
    const path = join(folder, file)
    mkdirSync(dirname(path), { recursive: true })
    const to = (there: string): string =>
      relative(dirname(path), join(import.meta.dirname, there))
    writeFileSync(
      path,
      text.replaceAll('@src', to('../../../src')).replaceAll('@adapters', to('..')),
    )
  }
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' }
  await run(process.execPath, [NEXT, 'build'], { cwd: folder, env }).catch(
    ({ stdout, stderr }) => {
      throw new Error(`the project does not build: ${stdout}${stderr}`)
    },
  )
  return folder
}
const folders: string[] = []
after(() => {
  for (const folder of folders)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

/** Options of `next.config.ts`. */
interface Config {
  readonly skipTrailingSlashRedirect?: boolean
  readonly experimental?: object
}

/** A project with the endpoints only. */
export const endpoints = (config: Config): Project => ({
  'next.config.ts': `import { resolve } from 'node:path'
    export default {
      ...${JSON.stringify({ ...config, experimental: { ...config.experimental, ...FAST_BUILD } })},
      turbopack: { root: resolve(import.meta.dirname, '@src/..') },
      // The types of programs are looked at in examples/next.
      typescript: { ignoreBuildErrors: true },
    }`,
  'auth.ts': `import { authOf } from '@adapters/program.ts'
    export const auth = authOf(JSON.parse(process.env.SETTING ?? '{}'))`,
  'app/layout.tsx':
    'export default ({ children }) => <html lang="en"><body>{children}</body></html>',
  ...Object.fromEntries(
    [
      'account/[...watchword]',
      'api/[...watchword]',
      'api-token-auth',
      'auth/[...watchword]',
      '.well-known/jwks.json',
    ].map((path) => [
      `app/${path}/route.ts`,
      withAuth(
        path,
        `import { handlers } from '@src/adapters/next.ts'
        export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = handlers(auth)`,
      ),
    ]),
  ),
})
/** Caches and minification do not pay for a build that is served once. */
const FAST_BUILD = { turbopackFileSystemCacheForBuild: false, turbopackMinify: false }

/** A project with a file for each route, and pages with the current user. */
export const whole = (config: Config): Project => ({
  ...endpoints(config),
  ...Object.fromEntries(
    ROUTES.map(({ path }) => [`app${fileOf(path)}route.ts`, routeFile(path)]),
  ),
  'app/bare/route.ts': `import { BARE } from '@adapters/adapter.ts'
    export const GET = () => Response.json(BARE)`,
  'app/current/page.tsx': withAuth(
    'current',
    `import { currentUser } from '@src/adapters/next.ts'
    export default async function Page() { return <p>{(await currentUser(auth))?.username ?? 'no user'}</p> }`,
  ),
  'app/required/page.tsx': withAuth(
    'required',
    `import { requireUser } from '@src/adapters/next.ts'
    export default async function Page() { return <p>{(await requireUser(auth, 'posts.change')).username}</p> }`,
  ),
  'app/welcome/page.tsx': withAuth(
    'welcome',
    `import { requireUser } from '@src/adapters/next.ts'
    export default async function Page() { return <p>{(await requireUser(auth, undefined, { next: '/welcome' })).username}</p> }`,
  ),
  'app/by-method/route.ts': withAuth(
    'by-method',
    `import { modelPermissions } from '@src/permissions/index.ts'
    import { requireUser } from '@src/adapters/next.ts'
    export const DELETE = async () => Response.json({ by: (await requireUser(auth, modelPermissions('posts'))).username })
    export { DELETE as GET }`,
  ),
  'app/made/route.ts': withAuth(
    'made',
    `export async function POST(request) {
      const { username } = await auth.users.create(await request.json())
      return Response.json({ username })
    }`,
  ),
  'app/elsewhere/route.ts': withAuth(
    'elsewhere',
    `import { redirect } from 'next/navigation'
    import { guard } from '@src/adapters/next.ts'
    export const GET = guard(auth, () => redirect('/bare/'))`,
  ),
})

const fileOf = (path: string): string => path.replace(/:(\w+)/g, '[$1]')
const withAuth = (path: string, text: string): string =>
  `import { auth } from '${'../'.repeat(path.split('/').length + 1)}auth.ts'\n${text}`

/** A file with the route handlers of a path. */
const routeFile = (path: string): string =>
  withAuth(
    path.slice(1, -1),
    `import { guard } from '@src/adapters/next.ts'
    import { parsed, ROUTES } from '@adapters/program.ts'
    const handle = (answer) => async (request, { params }) =>
      Response.json(await answer({ auth: request.auth, id: (await params)?.id ?? '', body: async () => parsed(request.headers.get('content-type'), await request.text()) }))
    const handlerOf = (method) => {
      const { requirement, answer } = ROUTES.find((each) => each.path === ${JSON.stringify(path)} && each.method === method)
      return requirement === undefined ? guard(auth, handle(answer)) : guard(auth, requirement, handle(answer))
    }
    ${ROUTES.filter((each) => each.path === path)
      .map(exportOf)
      .join('\n')}`,
  )

const exportOf = ({ method }: Route): string =>
  method === 'ALL'
    ? `export const GET = handlerOf('ALL')
    export { GET as POST, GET as PUT, GET as DELETE, GET as OPTIONS }`
    : `export const ${method} = handlerOf('${method}')`
