import type { NextRequest } from 'next/server.js'
import { currentUser, guard, handlers, requireUser } from '../../src/adapters/next.ts'
import { statelessBearer, type TokenUser } from '../../src/authentication.ts'
import { allowAny } from '../../src/permissions/index.ts'
import type { User } from '../../src/users/user.ts'
import { watchword } from '../../src/watchword.ts'
import { is } from './is.ts'

const auth = watchword({ roles: { editor: ['posts.change'] } })
interface Context {
  readonly params: Promise<{ id: string }>
}
type Route = (request: NextRequest, context: Context) => Response | Promise<Response>

const { GET, POST } = handlers(auth)
is<(request: Request) => Promise<Response>>(GET)
is<(request: Request) => Promise<Response>>(POST)

is<Route>(guard(auth, (request) => Response.json(is<User>(request.auth.user))))
is<Route>(
  guard(auth, 'posts.change', (request) => Response.json(is<User>(request.auth.user))),
)
is<Route>(
  guard(auth, 'role:editor', async (_, { params }: Context) =>
    Response.json(is<string>((await params).id)),
  ),
)
is<Route>(
  guard(auth, { schemes: [statelessBearer()] }, (request) =>
    Response.json(is<TokenUser>(request.auth.user)),
  ),
)
is<Promise<User | undefined>>(currentUser(auth))
is<Promise<User>>(requireUser(auth))
is<Promise<User>>(requireUser(auth, 'posts.change'))

// @ts-expect-error the request may be anonymous
guard(auth, allowAny, (request) => Response.json(is<User>(request.auth.user)))
// @ts-expect-error the roles know no such permission string
guard(auth, 'posts.chang', (request) => Response.json(is<User>(request.auth.user)))
// @ts-expect-error there is no such parameter
guard(auth, async (_, { params }: Context) => Response.json((await params).no))
// @ts-expect-error the request may be anonymous
is<Promise<User>>(currentUser(auth))
// @ts-expect-error the request may be anonymous
is<Promise<User>>(requireUser(auth, allowAny))
// @ts-expect-error the roles know no such permission string
requireUser(auth, 'posts.chang')
