import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

/**
 * Makes the module of the script of the browsable API, which bundlers carry along as they would not a file:
 * comments and indentation are left out.
 */
const folder = new URL('../src/features/browsable-api/assets/', import.meta.url)

const squeezed = (text: string): string =>
  text
    .replace(/\/\*.*?\*\//gs, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n')

/** The text of the module. */
export function browseAssetsModule(): string {
  const names = readdirSync(folder)
    .filter((name) => /\.js$/.test(name))
    .toSorted()
  const entries = names.map((name) => {
    const text = readFileSync(new URL(name, folder), 'utf8')
    return `  '${name}': ${JSON.stringify(squeezed(text))},\n`
  })
  return `/** Made by \`npm run browse-assets\` from the files of this folder. */
export const ASSET_TEXTS = {
${entries.join('')}} as const
`
}

if (import.meta.main) writeFileSync(new URL('texts.ts', folder), browseAssetsModule())
