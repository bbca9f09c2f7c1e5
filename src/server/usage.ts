export interface NamedPath {
  readonly name: string
  readonly path: string
}

export interface FirstPageData {
  /** The address under which clients reach the server. */
  readonly origin: string
  /** What to open in a browser. */
  readonly pages: readonly NamedPath[]
}

/** How to use the server from a program. */
export const usageOf = (origin: string): string => `Sign in:
  curl -s ${origin}/api/token/ -d username=NAME -d password=PASSWORD
Call a guarded route with the access token:
  curl -s ${origin}/hello/ -H "Authorization: Bearer ACCESS"

POST /api/token/             username, password   returns refresh, access
POST /api/token/refresh/     refresh              returns refresh, access; the old refresh token is used up
POST /api/token/verify/      token                200 if the token is valid
POST /api/token/blacklist/   refresh              signs out: revokes refresh and access token
POST /api-token-auth/        username, password   returns token, the same each time
GET  /hello/                 Authorization: Bearer ACCESS, or Token TOKEN
GET  /.well-known/jwks.json  the public keys
GET  /health/ready           the server's health
`
