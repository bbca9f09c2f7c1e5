/** Modules that only pages, the console and the browsable API need. */
const OF_PAGES =
  /^src\/(?:pages|features\/(?:pages|account-pages|console|browsable-api))\//

/**
 * What every instance loads of them: that they exist, their options and paths, the tables of the console, and the redirect of a guard. It
 * renders nothing.
 */
const DECLARED: ReadonlySet<string> = new Set([
  'src/features/account-pages/feature.ts',
  'src/features/account-pages/own/pages.ts',
  'src/features/account-pages/own/paths.ts',
  'src/features/account-pages/sign-in/pages.ts',
  'src/features/browsable-api/exposure.ts',
  'src/features/browsable-api/feature.ts',
  'src/features/browsable-api/index-endpoint.ts',
  'src/features/browsable-api/options.ts',
  'src/features/console/feature.ts',
  'src/features/console/listing.ts',
  'src/features/console/options.ts',
  'src/features/console/pages.ts',
  'src/features/console/sql/activity.ts',
  'src/features/console/sql/api-tokens.ts',
  'src/features/console/sql/events.ts',
  'src/features/console/sql/messages.ts',
  'src/features/console/sql/migrations.ts',
  'src/features/console/sql/scan.ts',
  'src/features/console/sql/sessions.ts',
  'src/features/console/sql/users.ts',
  'src/features/console/start-options.ts',
  'src/features/console/store.ts',
  'src/features/pages/asset.ts',
  'src/features/pages/define-page.ts',
  'src/features/pages/feature.ts',
  'src/features/pages/options.ts',
  'src/features/pages/start-options.ts',
  'src/pages/navigation.ts',
  'src/pages/next-path.ts',
])

/** The modules among these that make pages. */
export const pageModulesIn = (modules: Iterable<string>): readonly string[] =>
  [...modules].filter((module) => OF_PAGES.test(module) && !DECLARED.has(module)).sort()
