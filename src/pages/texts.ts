import type { Language } from './time.ts'

/** Texts of a page in each language. */
export type Translations<T> = Readonly<Record<Language, T>>

/** Some of the texts, to replace those of the package. */
export type SomeTexts<T> = T extends (...args: never[]) => unknown
  ? T
  : T extends string
    ? string
    : { readonly [Name in keyof T]?: SomeTexts<T[Name]> }

/** Texts of which some are replaced. */
export function withTexts<T extends object>(
  texts: T,
  own: SomeTexts<NoInfer<T>> | undefined,
): T {
  if (own === undefined) return texts
  const replaced = Object.entries(own).map(([name, value]) => [
    name,
    mergedText(texts[name as keyof T], value),
  ])
  return { ...texts, ...Object.fromEntries(replaced) }
}

function mergedText(text: unknown, own: unknown): unknown {
  if (own === undefined) return text
  if (typeof own !== 'object' || own === null) return own
  return withTexts((text ?? {}) as object, own as never)
}
