import { defineConfig, type UserConfig } from 'tsdown'
import { BROWSER_SUBPATHS, SUBPATHS } from './tools/entries.ts'
import { licences } from './tools/licences.ts'
import { opaqueKysely } from './tools/opaque-kysely.ts'
import { quickChunks } from './tools/quick-chunks.ts'

/** A chunk is one of these with all that it imports, except what is in a chunk before it: a start reads a dozen files, not fifty. */
const CHUNKS = [
  ['base', 'base/(clock|errors|json-text|nearest)'],
  ['verify', 'verify/index'],
  ['jwt', 'jwt/index'],
  ['permissions', 'permissions/index'],
  ['log', 'base/(log|request-target)|passwords/concurrency'],
  // What the supervisor of worker processes and they themselves load; then what only one of them does.
  [
    'process',
    'cli/(passed-plan|report-error|open-log|open-instance|listen|server-secret|until-stopped|workers-option)|server/cluster/worker',
  ],
  ['watchword', 'watchword'],
  ['cli', 'cli/(main|start-command)'],
  ['serve', 'cli/serve-plan'],
  ['server', 'server/serve'],
] as const

const server = {
  entry: {
    ...SUBPATHS,
    cli: 'src/cli/main.ts',
    worker: 'src/cli/worker-main.ts',
    // A file of its own, evaluated before any other.
    'node-version': 'src/base/node-version.ts',
  },
  // Declarations are made of every file that it includes.
  tsconfig: 'tsconfig.build.json',
  format: 'esm',
  platform: 'node',
  // Syntax that an older Node.js can parse, so that it can say what it lacks.
  target: 'node20',
  fixedExtension: false,
  outputOptions: {
    codeSplitting: {
      groups: CHUNKS.map(([name, source], place) => ({
        name,
        test: new RegExp(`/src/(${source})\\.ts$`),
        priority: CHUNKS.length - place,
      })),
    },
    chunkFileNames: 'chunks/[name].js',
    // JSDoc is in the declarations; comments for bundlers stay.
    comments: { jsdoc: false, annotation: true, legal: true },
  },
  // One file of what is used of them loads in a fraction of the time.
  deps: {
    onlyBundle: ['hono', 'ipaddr.js', 'kysely', 'lean-qr', 'structured-headers', 'zod'],
    // The adapter for Hono imports the rest of it from the application.
    alwaysBundle: [/^hono\/html$/],
  },
  // Else a declaration imports zod for nothing.
  treeshake: { moduleSideEffects: 'no-external' },
  // Less to parse at each start, in half the memory if it is ASCII; names stay, for stack traces.
  minify: { compress: true, mangle: false, codegen: { asciiOnly: true } },
  dts: true,
  plugins: [opaqueKysely(), licences(), quickChunks()],
} satisfies UserConfig

/** What runs in browsers: one file each, that imports nothing but its framework. */
const browser = {
  tsconfig: 'tsconfig.build.json',
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  fixedExtension: false,
  // The other build has done it.
  clean: false,
  outputOptions: {
    chunkFileNames: 'chunks/browser-[name].js',
    comments: { jsdoc: false, annotation: true, legal: true },
  },
  deps: { neverBundle: [/^react$/, /^vue$/, /^rxjs$/, /^@angular\//] },
  minify: { compress: true, mangle: false, codegen: { asciiOnly: true } },
  dts: true,
} satisfies UserConfig

/** Each by itself: a file that two of them import would be a chunk. Declarations are shared, so that their types are the same. */
const browserBuilds = Object.entries({
  ...BROWSER_SUBPATHS,
  'in-browser': 'src/client/in-browser.ts',
}).map(([name, file]) => ({
  ...browser,
  entry: { [name]: file },
  dts: false,
}))
const browserTypes = {
  ...browser,
  entry: BROWSER_SUBPATHS,
  // Names as they are need no second list.
  outputOptions: { ...browser.outputOptions, minifyInternalExports: false },
  dts: { emitDtsOnly: true },
} satisfies UserConfig

export default defineConfig([server, ...browserBuilds, browserTypes])
