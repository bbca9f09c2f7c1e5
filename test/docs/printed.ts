import { globSync, readFileSync } from 'node:fs'
import { BROWSER_SUBPATHS, SUBPATHS } from '../../tools/entries.ts'

/** A program as a page prints it. */
export interface Printed {
  readonly name: string
  readonly page: string
  /** The file that it says it is, in a comment on its first line: such files of a page belong together. */
  readonly path: string | undefined
  readonly text: string
}

/** The programs of all pages. */
export const programs: readonly Printed[] = [
  'README.md',
  ...globSync('docs/**/*.md').sort(),
].flatMap((page) =>
  [...readFileSync(page, 'utf8').matchAll(/^```(tsx?|diff)\n(.*?)^```$/gms)].map(
    ([, kind, text = ''], i) => ({
      name: `${page}, program ${i + 1}`,
      page,
      path: /^\/\/ ([\w./[\]-]+\.tsx?)\n/.exec(text)?.[1],
      text: kind === 'diff' ? after(text) : text,
    }),
  ),
)

/** What the lines of a difference are when they have changed. */
function after(difference: string): string {
  return difference.replace(/^-.*\n/gm, '').replace(/^[+ ]/gm, '')
}

/** What the comments of a program say is answered: `// GET /hello/ → 401`. */
export const askedIn = (
  text: string,
): readonly { readonly path: string; readonly status: number }[] =>
  [...text.matchAll(/\/\/ GET (\S+) → (\d{3})/g)].map(([, path = '', status]) => ({
    path,
    status: Number(status),
  }))

/** The sources of what the package exports, by the name that a program imports. */
export const SOURCES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({ ...SUBPATHS, ...BROWSER_SUBPATHS }).map(([name, source]) => [
    name === 'index' ? 'watchword' : `watchword/${name}`,
    source,
  ]),
)
