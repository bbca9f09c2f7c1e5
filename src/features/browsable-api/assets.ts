import { createHash } from 'node:crypto'
import { AuthError } from '../../base/errors.ts'
import { type Answer, content } from '../../http/answer.ts'
import { ASSET_TEXTS as PAGE_TEXTS } from '../../pages/assets/texts.ts'
import { ASSET_TEXTS } from './assets/texts.ts'

/** The path of the stylesheets and the script. */
export const ASSET_PATH = '/auth/browse/assets/'

/** A browser would ask for `/favicon.ico`, and the policy of the page forbids an address that is no file. */
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="#345"/><path d="M4 5h8M4 8h8M4 11h5" stroke="#fff"/></svg>'

const TEXTS = {
  'tokens.css': PAGE_TEXTS['tokens.css'],
  'pages.css': PAGE_TEXTS['pages.css'],
  'browse.js': ASSET_TEXTS['browse.js'],
  'icon.svg': ICON,
} as const
type Name = keyof typeof TEXTS

const FILES: ReadonlyMap<string, Name> = new Map(
  (Object.keys(TEXTS) as Name[]).map((name) => [fileOf(name), name]),
)

/** `browse.js` becomes `browse-4f2a….js`. */
function fileOf(name: Name): string {
  const digest = createHash('sha256').update(TEXTS[name]).digest('hex').slice(0, 12)
  return name.replace(/\.(\w+)$/, `-${digest}.$1`)
}

/** The paths of the files: their names contain their digests, so that they can be cached for ever. */
export const browseAssets = {
  styles: ['tokens.css', 'pages.css'].map((name) => ASSET_PATH + fileOf(name as Name)),
  script: ASSET_PATH + fileOf('browse.js'),
  icon: ASSET_PATH + fileOf('icon.svg'),
}

/** @param file the last segment of its path @throws AuthError `not_found` */
export function answerAsset(file: string): Answer {
  const name = FILES.get(file)
  if (name === undefined) throw new AuthError('not_found')
  return content(typeOf(name), TEXTS[name], {
    cacheControl: 'public, max-age=31536000, immutable',
    headers: [
      ['X-Content-Type-Options', 'nosniff'],
      ['Cross-Origin-Resource-Policy', 'same-origin'],
    ],
  })
}

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

const typeOf = (name: Name): string => TYPES[name.split('.').at(-1) ?? ''] ?? ''
