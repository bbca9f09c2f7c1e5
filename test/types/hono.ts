import { Hono } from 'hono'
import { mount } from '../../src/adapters/hono.ts'
import { statelessBearer, type TokenUser } from '../../src/authentication.ts'
import { allowAny } from '../../src/permissions/index.ts'
import type { User } from '../../src/users/user.ts'
import { watchword } from '../../src/watchword.ts'
import { is } from './is.ts'

const auth = watchword({ roles: { editor: ['posts.change'] } })
const app = new Hono()
const guard = mount(app, auth)
mount(
  new Hono<{ Bindings: { KV: string }; Variables: { other: number } }>().basePath('/v1'),
  auth,
)

app.get('/', guard(), (c) => c.json(is<User>(c.var.auth.user)))
app.get('/:id', guard('posts.change'), (c) =>
  c.text(is<string>(c.req.param('id')) + is<User>(c.get('auth').user).id),
)
app.get('/', guard({ schemes: [statelessBearer()] }), (c) =>
  c.json(is<TokenUser>(c.var.auth.user).username),
)
const guarded = new Hono().use(guard('role:editor'))
guarded.get('/:id', (c) => c.json(is<User>(c.var.auth.user)))
const withOthers = new Hono<{ Variables: { other: number } }>()
withOthers.get('/', guard(), (c) =>
  c.json(is<number>(c.var.other) + is<User>(c.var.auth.user).username),
)

// @ts-expect-error there is no such parameter
app.get('/:id', guard(), (c) => c.text(is<string>(c.req.param('no'))))
// @ts-expect-error the request may be anonymous
app.get('/', guard(allowAny), (c) => c.json(is<User>(c.var.auth.user)))
// @ts-expect-error the roles know no such permission string
guard('posts.chang')
// @ts-expect-error there is no req.auth without a guard
app.get('/', (c) => c.json(is<User>(c.var.auth.user)))
