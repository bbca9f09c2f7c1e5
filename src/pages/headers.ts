import { listIf } from '../base/optional.ts'
import type { Header } from '../http/request.ts'

/**
 * The headers of every page. `form-action 'self'` also stops redirects to other origins after a form was sent.
 *
 * @param document its markup: only a page with a script allows scripts
 * @param images further origins of images, such as that of the logo
 * @param formTargets where forms may lead to besides
 */
export const pageHeaders = (
  document: string,
  images: readonly string[] = [],
  formTargets: readonly string[] = [],
): readonly Header[] => [
  ['Content-Security-Policy', policyOf(document, images, formTargets)],
  ['X-Content-Type-Options', 'nosniff'],
  ['Referrer-Policy', 'same-origin'],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Permissions-Policy', PERMISSIONS],
]

const PERMISSIONS = 'camera=(), microphone=(), geolocation=()'

function policyOf(
  document: string,
  images: readonly string[],
  formTargets: readonly string[],
): string {
  // Text of users is escaped: only our own markup contains a tag.
  const hasScript = document.includes('<script src="')
  return [
    "default-src 'none'",
    "style-src 'self'",
    ['img-src', "'self'", 'data:', ...images].join(' '),
    ...listIf(hasScript, "script-src 'self'", "connect-src 'self'"),
    ["form-action 'self'", ...formTargets].join(' '),
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ')
}
