import type { NextConfig } from 'next'

export default {
  // Paths of the endpoints end in a slash. Next would answer each with a redirect first.
  skipTrailingSlashRedirect: true,
  // Has `requireUser` answered with a 401 or 403 of Next's own pages.
  experimental: { authInterrupts: true },
} satisfies NextConfig
