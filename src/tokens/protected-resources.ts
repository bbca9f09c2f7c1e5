/** Where clients look for the metadata of the resource at a path (RFC 9728 §3.1). */
export const resourceMetadataPath = (path: string): string =>
  `/.well-known/oauth-protected-resource${path}`
