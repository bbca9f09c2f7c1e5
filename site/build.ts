import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from 'vitepress'
import { writeReference } from './api.ts'
import { deployFilesPage } from './deploy-files.ts'
import { GENERATED } from './paths.ts'

const ROOT = join(import.meta.dirname, '..')
const generated = join(ROOT, GENERATED)
const { values } = parseArgs({ options: { base: { type: 'string', default: '/' } } })

rmSync(generated, { recursive: true, force: true })
mkdirSync(generated)
writeFileSync(join(generated, 'deploy-files.md'), deployFilesPage(join(ROOT, 'deploy')))
await writeReference(join(generated, 'api'))
await build(import.meta.dirname, { base: values.base })
// Pictures, for links to them: VitePress copies those that a page shows, under other names.
cpSync(join(ROOT, 'docs'), join(ROOT, 'site/dist'), {
  recursive: true,
  filter: (file) => extname(file) !== '.md',
})
