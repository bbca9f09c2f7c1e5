import type { NextConfig } from 'next'

export default {
  // The endpoints' paths end in a slash, from which Next would redirect.
  skipTrailingSlashRedirect: true,
  // `requireUser` renders Next's 401 and 403 pages.
  experimental: { authInterrupts: true },
} satisfies NextConfig
