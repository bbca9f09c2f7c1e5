import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { secondsOf } from '../../src/base/duration.ts'
import {
  DJ_REST_AUTH_NAMES,
  djRestAuthOptions,
} from '../../src/presets/dj-rest-auth/options.ts'
import { DJOSER_NAMES, djoserOptions } from '../../src/presets/djoser/options.ts'
import { KNOX_NAMES, knoxOptions } from '../../src/presets/knox/options.ts'
import {
  OAUTH_TOOLKIT_NAMES,
  oauthToolkitOptions,
} from '../../src/presets/oauth-toolkit/options.ts'
import {
  PASSWORDLESS_NAMES,
  passwordlessOptions,
} from '../../src/presets/passwordless/options.ts'
import {
  SOCIAL_OAUTH2_NAMES,
  socialOAuth2Options,
} from '../../src/presets/social-oauth2/options.ts'
import { DJANGO_NAMES } from '../../src/settings/django-names.ts'
import { ENDPOINT_NAMES } from '../../src/settings/endpoint-options.ts'
import { optionPaths, parseSettings } from '../../src/settings/settings.ts'
import {
  FEATURE_OPTION_NAMES,
  optionsOf,
  PRESET_NAMES,
  SECTION_NAMES,
  tableOf,
} from '../../tools/option-tables.ts'

const documented = SECTION_NAMES.flatMap(optionsOf)

test('every option has a description', () => {
  const endpoints = ENDPOINT_NAMES.map((name) => `endpoints.${name}`)
  const described = [
    ...documented.map(({ name }) => name),
    ...endpoints,
    ...FEATURE_OPTION_NAMES,
  ]
  const paths = optionPaths().filter((path) => !IN_TEXT.test(path))
  assert.deepEqual(described.toSorted(), paths.toSorted())
  for (const { name, meaning } of documented) assert.ok(meaning.length > 10, name)
})

/** Members that the text of their option describes. */
const IN_TEXT =
  /^(endpoints\.\w+\.(path|handle)|audit\.keep|accounts\.(links|lifetimes)\.\w+)$/

test('the Django name of an option is the one that messages know', () => {
  for (const { name, django } of documented) {
    const ours = django === undefined ? undefined : DJANGO_NAMES[django]
    if (ours !== undefined) assert.equal(ours, name)
  }
})

test('the defaults that are described are those of the schema', () => {
  const settings = parseSettings({}, { WATCHWORD_DATABASE: 'a.db' })
  for (const section of ['tokens', 'users'] as const) {
    const parsed: Readonly<Record<string, unknown>> = { ...settings[section] }
    for (const option of optionsOf(section)) {
      const value = parsed[option.name.slice(section.length + 1)]
      if (value === undefined || option.default === undefined) continue
      const described: unknown = JSON.parse(option.default)
      const expected = typeof value === 'number' ? secondsOf(described) : described
      const isHeader = option.name === 'tokens.headerName'
      assert.deepEqual(value, isHeader ? 'authorization' : expected, option.name)
    }
  }
})

/** `<!-- options: tokens -->`, the table, `<!-- /options -->`. */
const TABLE = /<!-- options: (\w+) -->\n([\s\S]*?)\n<!-- \/options -->/g

for (const page of globSync('docs/**/*.md')) {
  for (const [, section = '', table = ''] of readFileSync(page, 'utf8').matchAll(TABLE)) {
    test(`the table of ${section} options in ${page} is that of npm run docs:options`, () => {
      assert.equal(table.trim(), tableOf(section))
    })
  }
}

test('every section has its table on one page', () => {
  const present = globSync('docs/*.md').flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(TABLE)].map(([, section]) => section),
  )
  assert.deepEqual(present.toSorted(), [...SECTION_NAMES, ...PRESET_NAMES].toSorted())
})

const PRESETS = [
  ['knox', knoxOptions, KNOX_NAMES],
  ['djRestAuth', djRestAuthOptions, DJ_REST_AUTH_NAMES],
  ['passwordless', passwordlessOptions, PASSWORDLESS_NAMES],
  ['djoser', djoserOptions, DJOSER_NAMES],
  ['oauthToolkit', oauthToolkitOptions, OAUTH_TOOLKIT_NAMES],
  ['socialOAuth2', socialOAuth2Options, SOCIAL_OAUTH2_NAMES],
] as const

test('the options of a preset are those of its schema, and its messages know their names', () => {
  for (const [preset, schema, theirs] of PRESETS) {
    const options = optionsOf(preset)
    assert.deepEqual(
      options.map(({ name }) => name),
      Object.keys(schema.shape),
    )
    for (const { name, meaning, django = '.' } of options) {
      assert.ok(meaning.length > 10, name)
      const isSetting = !django.includes('.')
      if (isSetting) assert.equal(theirs[django], `Use ${preset}({ ${name} }) instead.`)
    }
  }
})
