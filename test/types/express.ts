import express, { type RequestHandler } from 'express'
import { mount } from '../../src/adapters/express.ts'
import { statelessBearer, type TokenUser } from '../../src/authentication.ts'
import { allowAny } from '../../src/permissions/index.ts'
import type { User } from '../../src/users/user.ts'
import { watchword } from '../../src/watchword.ts'
import { is } from './is.ts'

const auth = watchword({ roles: { editor: ['posts.change'] } })
const app = express()
const guard = mount(app, auth)
mount(express.Router(), auth)
declare const other: RequestHandler

const byDefault = guard((req) => is<User>(req.auth.user))
const byName = guard('posts.change', (req) => is<User>(req.auth.user))
const byRole = guard('role:editor', (req, res) => res.json(is<string>(req.params.id!)))
app.get('/a', byDefault).use(byName).post('/a/:id', other, byRole).all('/a', other)
app.get(
  '/a',
  guard({ schemes: [statelessBearer()] }, (req) => is<TokenUser>(req.auth.user)),
)
app.use(guard((_req, _res, next) => next()))

const withParams = guard<{ id: string }>((req) => is<string>(req.params.id))
const withBoth = guard<{ id: string }>('posts.change', (req) =>
  is<string>(is<User>(req.auth.user) && req.params.id),
)
app.get('/a/:id', withParams, withBoth)

// @ts-expect-error the request may be anonymous
guard(allowAny, (req) => is<User>(req.auth.user))
// @ts-expect-error the roles know no such permission string
guard('posts.chang', (req) => is<User>(req.auth.user))
// @ts-expect-error there is no such parameter
guard<{ id: string }>((req) => req.params.no)
// @ts-expect-error there is no req.auth without a guard
app.get('/', (req) => req.auth)
