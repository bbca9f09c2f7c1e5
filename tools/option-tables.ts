import { globSync, readFileSync } from 'node:fs'

const ROOT = new URL('..', import.meta.url)

/** Where the options of a table are declared. */
interface Declared {
  readonly file: string
  readonly name: string
  readonly prefix: string
}

/** The sections that features declare: ``/** The option `tokens`. *\/`` above an interface of their `options.ts`. */
const FEATURE_SECTIONS: Readonly<Record<string, Declared>> = Object.fromEntries(
  globSync('src/features/*/options.ts', { cwd: ROOT })
    .toSorted()
    .flatMap((file) =>
      [
        ...textOf(file).matchAll(
          /\/\*\* The option `(\w+)`\. \*\/\nexport interface (\w+)/g,
        ),
      ].map(([, section = '', name = '']) => [
        section,
        { file, name, prefix: `${section}.` },
      ]),
    ),
)

/** The options of presets: ``/** The options of `knox()`. *\/`` above an interface. */
const PRESETS: Readonly<Record<string, Declared>> = Object.fromEntries(
  globSync('src/presets/*/options.ts', { cwd: ROOT })
    .toSorted()
    .flatMap((file) =>
      [
        ...textOf(file).matchAll(
          /\/\*\* The options of `(\w+)\(\)`\. \*\/\nexport interface (\w+)/g,
        ),
      ].map(([, preset = '', name = '']) => [preset, { file, name, prefix: '' }]),
    ),
)

export const PRESET_NAMES = Object.keys(PRESETS)

const SECTIONS: Readonly<Record<string, Declared>> = {
  core: { file: 'src/settings/options.ts', name: 'CoreOptions', prefix: '' },
  ...FEATURE_SECTIONS,
  users: { file: 'src/settings/user-options.ts', name: 'UserOptions', prefix: 'users.' },
  on: { file: 'src/settings/hook-options.ts', name: 'Hooks', prefix: 'on.' },
}

export const SECTION_NAMES = Object.keys(SECTIONS)

/** Options of features without members: ``/** The option `sms`. *\/`` above a type. */
const FEATURE_VALUES = globSync('src/features/*/options.ts', { cwd: ROOT }).flatMap(
  (file) =>
    [...textOf(file).matchAll(/\/\*\* The option `(\w+)`[^/]*\*\/\nexport type/g)].map(
      ([, name = '']) => name,
    ),
)

/** What features add to the options. */
export const FEATURE_OPTION_NAMES = [...Object.keys(FEATURE_SECTIONS), ...FEATURE_VALUES]

export interface DocumentedOption {
  readonly name: string
  readonly meaning: string
  readonly default: string | undefined
  readonly django: string | undefined
}

/** The options of a section, as their JSDoc describes them. */
export function optionsOf(section: string): readonly DocumentedOption[] {
  const declared = SECTIONS[section] ?? PRESETS[section]
  if (declared === undefined) throw new Error(`There is no section "${section}".`)
  const { file, name, prefix } = declared
  const body = bodyWithExtended(file, name)
  const members = body.matchAll(/\/\*\*([\s\S]*?)\*\/\s*readonly (\w+)\??:/g)
  return [...members].map(([, comment = '', option = '']) => ({
    name: prefix + option,
    ...partsOf(comment),
  }))
}

function textOf(file: string): string {
  return readFileSync(new URL(file, ROOT), 'utf8')
}

function bodyOf(source: string, name: string): string {
  const start = source.search(new RegExp(`interface ${name}\\b`))
  if (start === -1) throw new Error(`There is no interface ${name}.`)
  return source.slice(start, source.indexOf('\n}\n', start))
}

/** The body of an interface, and after it of those of the same folder that it extends. */
function bodyWithExtended(file: string, name: string): string {
  const source = textOf(file)
  const [, list = ''] =
    new RegExp(`interface ${name}\\s+extends\\s+([\\w,\\s]+?)\\s*\\{`).exec(source) ?? []
  const folder = file.replace(/\/[^/]+$/, '')
  const texts = globSync(`${folder}/**/*-options.ts`, { cwd: ROOT }).map(textOf)
  const extended = list.split(/,\s*/).flatMap((each) => {
    const text = texts.find((other) => other.includes(`interface ${each} {`))
    return text === undefined ? [] : [bodyOf(text, each)]
  })
  return [bodyOf(source, name), ...extended].join('\n')
}

function partsOf(comment: string): Omit<DocumentedOption, 'name'> {
  const text = comment.replace(/^\s*\* ?/gm, '').trim()
  const [meaning = '', ...tags] = text.split(/^@/m)
  const tag = (name: string): string | undefined =>
    tags.find((each) => each.startsWith(`${name} `))?.slice(name.length + 1)
  return {
    meaning: oneLine(meaning),
    default: oneLine(tag('default') ?? '') || undefined,
    django: oneLine(tag('django') ?? '') || undefined,
  }
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()

/** The Markdown table of a section, without the options that have tables of their own. */
export function tableOf(section: string): string {
  const options = optionsOf(section).filter(({ name }) => SECTIONS[name] === undefined)
  const rows = options.map((option) => {
    const django = codeOf(option.django)
    return `| ${django} | \`${option.name}\` | ${defaultOf(option.default)} | ${option.meaning} |`
  })
  const theirs = section in PRESETS ? section : 'Simple JWT'
  return [`| ${theirs} | option | default | |`, '|---|---|---|---|', ...rows].join('\n')
}

const codeOf = (text: string | undefined): string => (text ? `\`${text}\`` : '')

/** A value is code; a sentence is not. */
const defaultOf = (text: string | undefined): string =>
  text && /^(["\d[{]|true$|false$|is\w+$)/.test(text) && !/ (with|or) /.test(text)
    ? `\`${text}\``
    : (text ?? '')

if (import.meta.main) {
  for (const section of [...SECTION_NAMES, ...PRESET_NAMES])
    console.log(`<!-- options: ${section} -->\n${tableOf(section)}\n<!-- /options -->\n`)
}
