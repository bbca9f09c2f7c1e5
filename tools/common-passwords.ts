import { readFileSync, writeFileSync } from 'node:fs'

/** Makes the module of the list of common passwords, which bundlers carry along as they would not a file. */
const folder = new URL('../src/passwords/', import.meta.url)
const list = readFileSync(new URL('common-passwords.txt.gz', folder))

writeFileSync(
  new URL('common-passwords.ts', folder),
  `/** Made by \`npm run common-passwords\` from common-passwords.txt.gz: its bytes in base64. */
export const COMMON_PASSWORDS =
  '${list.toString('base64')}'
`,
)
