import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'

const LANGUAGES: Readonly<Record<string, string>> = {
  '.conf': 'nginx',
  '.service': 'ini',
  '.yaml': 'yaml',
}

/** A page with the files of `deploy/`, which other pages link to. */
export function deployFilesPage(folder: string): string {
  const sections = readdirSync(folder).map((name) => section(folder, name))
  return `# Deployment files\n\nThe folder \`deploy/\`, which [Deploy](../../docs/deploy.md) explains.\n\n${sections.join('\n')}`
}

function section(folder: string, name: string): string {
  const language = LANGUAGES[extname(name)] ?? ''
  const text = readFileSync(join(folder, name), 'utf8').trimEnd()
  return `## ${name}\n\n\`\`\`${language}\n${text}\n\`\`\`\n`
}
