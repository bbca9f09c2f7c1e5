import type { AuthRequest } from '../../http/request.ts'
import type { FeaturePage } from '../define-feature.ts'
import type { LoadedPage, PageDefinition, PageHandlers } from './page.ts'
import type { UserVisit, Visit } from './visit.ts'

export type { PageHandlers, PageResult } from './page.ts'

/** A page that every browser may open. Its module is loaded with the first request. */
export const definePage = (
  page: PageDefinition & { load(): Promise<PageHandlers<Visit>> },
): FeaturePage => featurePage({ ...page, isForUsers: false })

/** A page for users who are signed in. */
export const defineUserPage = (
  page: PageDefinition & { load(): Promise<PageHandlers<UserVisit>> },
): FeaturePage => featurePage({ ...page, isForUsers: true })

const featurePage = (page: LoadedPage): FeaturePage => ({
  name: page.name,
  path: page.path,
  create(settings, open) {
    const serving = () => import('./serve-page.ts')
    const handler = {
      handle: async (_: unknown, ...request: HandledRequest) =>
        (await serving()).servePage(page, request, settings, open),
    }
    return {
      name: page.name,
      ignoresAccept: true,
      methods: { GET: handler, ...(page.posts !== false && { POST: handler }) },
      errorAnswer: async (error, request) =>
        (await serving()).serveError(error, request, settings),
    }
  },
})

type HandledRequest = readonly [
  request: AuthRequest,
  context: { readonly parameters: Readonly<Record<string, string>> },
]
