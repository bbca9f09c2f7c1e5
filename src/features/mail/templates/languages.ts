import { de } from './de.ts'
import { en } from './en.ts'
import type { Language, Templates } from './template.ts'

export const LANGUAGES: Readonly<Record<Language, Templates>> = { en, de }

const isLanguage = (tag: string): tag is Language => Object.hasOwn(LANGUAGES, tag)

/**
 * The language of a message: the first that is shipped of a user's own and of `Accept-Language` (RFC 9110 §12.5.4), else English.
 *
 * @param own such as `de` or `de-AT`
 */
export function languageOf(own: unknown, acceptLanguage: string | undefined): Language {
  const wanted = [own].filter((tag) => typeof tag === 'string')
  return (
    [...wanted, ...ranges(acceptLanguage ?? '')].map(primaryTag).find(isLanguage) ?? 'en'
  )
}

const primaryTag = (tag: string): string => tag.trim().toLowerCase().replace(/-.*$/s, '')

/** Further ranges are ignored. */
const MAX_RANGES = 16

/** The languages of the header, the preferred first. */
function ranges(header: string): readonly string[] {
  const weighted = header.split(',', MAX_RANGES).map((range) => {
    const [tag = '', weight = '1'] = range.split(';q=')
    return { tag, weight: Number(weight) || 0 }
  })
  const wanted = weighted.filter(({ weight }) => weight > 0)
  return wanted.sort((a, b) => b.weight - a.weight).map(({ tag }) => tag)
}
