import { type Answer, content } from '../http/answer.ts'
import type { AuthRequest } from '../http/request.ts'
import { type FirstPageData, type NamedPath, usageOf } from './usage.ts'

/** The page at `/`: for programs as plain text. */
export async function firstPage(
  data: FirstPageData,
  request: AuthRequest,
): Promise<Answer> {
  const headers = [['Vary', 'Accept']] as const
  if (isOfBrowser(request))
    return (await import('./welcome-page.ts')).welcomePage(data, headers)
  const text = `watchword: tokens for your API\n\n${usageOf(data.origin)}${listOf(data.pages)}`
  return content('text/plain; charset=utf-8', text, { headers })
}

/** Browsers name the type, programs do not. */
const isOfBrowser = (request: AuthRequest): boolean =>
  request.header('accept')?.includes('text/html') === true

function listOf(pages: readonly NamedPath[]): string {
  if (pages.length === 0) return ''
  const lines = pages.map(({ name, path }) => `${path.padEnd(28)} ${name}`)
  return `\nIn a browser:\n${lines.join('\n')}\n`
}
