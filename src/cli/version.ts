import { readFileSync } from 'node:fs'

/** Of the package, as its package.json help: two folders up, in the sources as in what is published. */
export const version: string = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
).version
