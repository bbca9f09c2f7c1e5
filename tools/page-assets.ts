import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

/**
 * Makes the module of the stylesheets and scripts of the pages, which bundlers carry along as they would not files: comments and
 * indentation are left out.
 */
const folder = new URL('../src/pages/assets/', import.meta.url)

const squeezed = (text: string): string =>
  text
    .replace(/\/\*.*?\*\//gs, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n')

const squeezedCss = (text: string): string =>
  squeezed(text)
    .replace(/\s*([{};])\s*/g, '$1')
    .replace(/([:,])\s+/g, '$1')
    .replace(/;\}/g, '}')
    .replace(/\n/g, ' ')

/** The text of the module. */
export function pageAssetsModule(): string {
  const names = readdirSync(folder)
    .filter((name) => /\.(css|js)$/.test(name))
    .toSorted()
  const entries = names.map((name) => {
    const text = readFileSync(new URL(name, folder), 'utf8')
    const short = name.endsWith('.css') ? squeezedCss(text) : squeezed(text)
    return `  '${name}': ${JSON.stringify(short)},\n`
  })
  return `/** Made by \`npm run page-assets\` from the files of this folder. */
export const ASSET_TEXTS = {
${entries.join('')}} as const

export type AssetName = keyof typeof ASSET_TEXTS
`
}

if (import.meta.main) writeFileSync(new URL('texts.ts', folder), pageAssetsModule())
