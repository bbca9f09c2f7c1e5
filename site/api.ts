import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  Application,
  Converter,
  type DeclarationReflection,
  OptionDefaults,
  ReflectionKind,
} from 'typedoc'
import type { PluginOptions } from 'typedoc-plugin-markdown'
import * as entries from '../tools/entries.ts'
import { SUBPATHS } from './subpaths.ts'

const ROOT = join(import.meta.dirname, '..')
const SOURCES = Object.entries({ ...entries.SUBPATHS, ...entries.BROWSER_SUBPATHS })

/** A page for each subpath of the package. */
const MARKDOWN: Partial<PluginOptions> = {
  outputFileStrategy: 'modules',
  entryFileName: 'index',
  pageTitleTemplates: { module: ({ name }) => importedAs(name) },
  hidePageHeader: true,
  hideBreadcrumbs: true,
  // VitePress compiles pages as templates of Vue.
  sanitizeComments: true,
  useHTMLEncodedBrackets: true,
  useCodeBlocks: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  tableColumnSettings: { hideModifiers: true, hideInherited: true, hideSources: true },
}

/** Writes the reference of what the package exports, in Markdown. A warning of TypeDoc is an error. */
export async function writeReference(folder: string): Promise<void> {
  const app = await Application.bootstrapWithPlugins({
    entryPoints: SOURCES.map(([, source]) => join(ROOT, source)),
    tsconfig: join(ROOT, 'tsconfig.build.json'),
    name: 'API reference',
    readme: 'none',
    plugin: ['typedoc-plugin-markdown'],
    outputs: [{ name: 'markdown', path: folder }],
    blockTags: [...OptionDefaults.blockTags, '@django'],
    excludeInternal: true,
    excludePrivate: true,
    excludeExternals: true,
    disableSources: true,
    // npm run types checks them, in a third of the time.
    skipErrorChecking: true,
    // What is exported is made of types that are not.
    validation: { notExported: false },
    logLevel: 'Warn',
    ...MARKDOWN,
  })
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, nameAsPage)
  const project = await app.convert()
  if (project !== undefined) await app.generateOutputs(project)
  if (project === undefined || app.logger.hasErrors() || app.logger.hasWarnings())
    throw new Error('TypeDoc complains about the sources: see above.')
  await writeFile(join(folder, 'index.md'), overview())
}

/** A module is named as its page, in place of the path of its source. */
function nameAsPage(_: unknown, reflection: DeclarationReflection): void {
  if (reflection.kindOf(ReflectionKind.Module)) reflection.name = pageOf(reflection.name)
}

function pageOf(path: string): string {
  const files = [`src/${path}.ts`, `src/${path}/index.ts`]
  const [name] = SOURCES.find(([, source]) => files.includes(source)) ?? []
  if (name === undefined) throw new Error(`src/${path} is no entry of the package.`)
  return name === 'index' ? 'watchword' : name
}

const importedAs = (page: string): string =>
  SUBPATHS.find((subpath) => subpath.page === page)?.specifier ?? page

function overview(): string {
  const links = SUBPATHS.map(({ specifier, page }) => `- [\`${specifier}\`](${page}.md)`)
  return `# API reference\n\nWhat each subpath of the package exports.\n\n${links.join('\n')}\n`
}
