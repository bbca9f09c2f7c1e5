/** What is built here is served once. */
export default {
  skipTrailingSlashRedirect: true,
  experimental: { turbopackFileSystemCacheForBuild: false },
}
