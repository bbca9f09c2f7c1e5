import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'

/**
 * The architecture, from the bottom up. A file imports from its own part and from the layers below; a part is a folder of
 * `src`, or a file that stands in `src` itself. Imports of types count.
 */
const LAYERS = [
  ['base', 'client', 'hawk'],
  ['command', 'jwt', 'passwords', 'http', 'schema'],
  ['throttling', 'users', 'keys', 'pages', 'proofs', 'signatures'],
  ['sessions', 'sign'],
  ['audit', 'tokens'],
  ['stores'],
  ['authentication', 'observability'],
  ['permissions', 'sign-in', 'verify'],
  ['guard', 'admin'],
  ['features'],
  ['features.ts', 'authentication.ts', 'pages.ts', 'presets'],
  ['settings'],
  ['instance'],
  ['watchword.ts'],
  ['adapters', 'testing', 'index.ts'],
  ['server'],
  ['cli'],
] as const

/** Parts that stand higher than their imports need, and why. */
const RAISED: Readonly<Record<string, string>> = {
  verify: 'nothing is built on it',
}

const layerOf = (part: string): number =>
  LAYERS.findIndex((layer) => layer.some((each) => each === part))
const partOf = (path: string): string => path.split('/')[1] ?? ''

const FILES = globSync('src/**/*.ts', { exclude: ['**/*.test.ts', '**/*.d.ts'] })

/** The files that each file imports, types included. */
const IMPORTS: ReadonlyMap<string, readonly string[]> = new Map(
  FILES.map((file) => [file, importsOf(file)]),
)

function importsOf(file: string): readonly string[] {
  const found = readFileSync(file, 'utf8').matchAll(
    /(?:\bfrom|\bimport\(|^import)\s*'(\.[^']+)'/gm,
  )
  return [...found].map(([, path = '']) => normalize(join(dirname(file), path)))
}

test('every part of src is in the list of layers, and nothing else is', () => {
  assert.deepEqual(
    [...new Set(FILES.map(partOf))].toSorted(),
    LAYERS.flat().toSorted() as string[],
  )
})

test('imports run down', () => {
  const upward = FILES.flatMap((file) =>
    (IMPORTS.get(file) ?? [])
      .filter((other) => {
        const [from, to] = [partOf(file), partOf(other)]
        return from !== to && layerOf(to) >= layerOf(from)
      })
      .map((other) => `${file} imports ${other}`),
  )
  assert.deepEqual(upward, [])
})

test('every part stands as low as its imports allow', () => {
  const needed = new Map<string, number>()
  for (const file of FILES) {
    const part = partOf(file)
    const below = (IMPORTS.get(file) ?? []).map(partOf).filter((other) => other !== part)
    needed.set(part, Math.max(needed.get(part) ?? -1, ...below.map(layerOf)))
  }
  const tooHigh = [...needed]
    .filter(([part]) => !Object.hasOwn(RAISED, part))
    .filter(([part, highest]) => layerOf(part) > highest + 1)
    .map(([part, highest]) => `${part} could stand above layer ${highest}`)
  assert.deepEqual(tooHigh, [])
})

/** The folders of features, in the order of `src/features.ts`. */
const FEATURE_FOLDERS = foldersInOrder(readFileSync('src/features.ts', 'utf8'))

/** Features that what is below features is built on, and why. `test/features.system.test.ts` leaves out every other one. */
const BUILT_ON: Readonly<Record<string, string>> = {
  tokens: 'access and refresh tokens are what an instance issues',
  'token-cookies': 'the endpoints of tokens deliver them in cookies, too',
  'browsable-api': 'guards and endpoints answer requests for its pages',
}

/** What lists features, or what is in them. */
const LISTS = /^src\/(?:features|authentication|pages|index)\.ts$|^src\/presets\//

function foldersInOrder(list: string): readonly string[] {
  const imported = list.matchAll(
    /^import \{ (\w+) \} from '\.\/features\/([\w-]+)\/feature\.ts'$/gm,
  )
  const folderOf = new Map([...imported].map(([, name, folder = '']) => [name, folder]))
  const [, names = ''] = /FEATURES = \[([^\]]*)\]/.exec(list) ?? []
  return [...names.matchAll(/\w+/g)].map(([name]) => folderOf.get(name) ?? name)
}

/** The folder of a file of a feature; `undefined` for other files, and for what features share. */
const featureOf = (file: string): string | undefined =>
  /^src\/features\/([\w-]+)\//.exec(file)?.[1]

const placeOf = (folder: string): number => FEATURE_FOLDERS.indexOf(folder)

/** Imports of a file of a feature by a file that is not of it. */
const OF_FEATURES = FILES.flatMap((from) =>
  (IMPORTS.get(from) ?? []).map((to) => ({ from, to, feature: featureOf(to) ?? '' })),
).filter(({ from, feature }) => feature !== '' && feature !== featureOf(from))

test('src/features.ts lists the folder of each feature', () => {
  const folders = FILES.map(featureOf).filter((folder) => folder !== undefined)
  assert.deepEqual(FEATURE_FOLDERS.toSorted(), [...new Set(folders)].toSorted())
})

test('a feature imports those that are listed before it, and no others', () => {
  const wrong = OF_FEATURES.filter(({ from, feature }) => {
    const own = featureOf(from)
    return own !== undefined && placeOf(feature) >= placeOf(own)
  })
  assert.deepEqual(wrong.map(inWords), [])
})

test('what is not a feature asks them through the list, but for those that it is built on', () => {
  const others = OF_FEATURES.filter(({ from }) => featureOf(from) === undefined).filter(
    ({ from, to }) => !LISTS.test(from) && !to.endsWith('/start-options.ts'),
  )
  const wrong = others.filter(({ feature }) => !Object.hasOwn(BUILT_ON, feature))
  assert.deepEqual(wrong.map(inWords), [])
  const used = new Set(others.map(({ feature }) => feature))
  assert.deepEqual([...used].toSorted(), Object.keys(BUILT_ON).toSorted())
})

const inWords = ({ from, to }: { from: string; to: string }): string =>
  `${from} imports ${to}`

test('no files import each other in a circle', () => {
  assert.deepEqual(circles(), [])
})

function circles(): readonly string[] {
  const found: string[] = []
  const done = new Set<string>()
  const path: string[] = []
  const visit = (file: string): void => {
    const start = path.indexOf(file)
    if (start !== -1) found.push([...path.slice(start), file].join(' > '))
    if (start !== -1 || done.has(file)) return
    path.push(file)
    for (const other of IMPORTS.get(file) ?? []) visit(other)
    path.pop()
    done.add(file)
  }
  for (const file of FILES) visit(file)
  return found
}
