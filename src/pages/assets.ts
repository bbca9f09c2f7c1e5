import { createHash } from 'node:crypto'
import { AuthError } from '../base/errors.ts'
import { type Answer, content } from '../http/answer.ts'
import { ASSET_TEXTS, type AssetName } from './assets/texts.ts'

export type { AssetName } from './assets/texts.ts'

/** The stylesheets and scripts of the pages. The name of each contains its digest, so that it can be cached for ever. */
export interface Assets {
  /** The path of one, for `href` and `src`. */
  href(name: AssetName | 'brand.css'): string
  /** @param file the last segment of its path @throws AuthError `not_found` */
  answer(file: string): Answer
}

export interface AssetSettings {
  /** The path that they are below, such as `/account/assets/`. */
  readonly path: string
  /** The one colour of the brand, as CSS writes it; checked. */
  readonly color: string | undefined
}

export function pageAssets({ path, color }: AssetSettings): Assets {
  const texts: Readonly<Record<string, string>> = {
    ...ASSET_TEXTS,
    'brand.css': brandSheet(color),
  }
  const files = new Map(
    Object.entries(texts).map(([name, text]) => [name, fileNameOf(name, text)]),
  )
  const byFile = new Map([...files].map(([name, file]) => [file, name]))
  return {
    href: (name) => `${path}${files.get(name) ?? name}`,
    answer(file) {
      const name = byFile.get(file)
      if (name === undefined) throw new AuthError('not_found')
      return content(mediaTypeOf(name), texts[name] ?? '', {
        cacheControl: FOR_EVER,
        headers: HEADERS,
      })
    },
  }
}

function brandSheet(color: string | undefined): string {
  if (color === undefined) return ''
  return `:root{--brand:${color}}`
}

const FOR_EVER = 'public, max-age=31536000, immutable'
const HEADERS = [['X-Content-Type-Options', 'nosniff']] as const

/** `pages.css` becomes `pages-4f2a….css`. */
function fileNameOf(name: string, text: string): string {
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12)
  return name.replace(/\.(\w+)$/, `-${digest}.$1`)
}

function mediaTypeOf(name: string): string {
  if (name.endsWith('.css')) return 'text/css; charset=utf-8'
  return 'text/javascript; charset=utf-8'
}
