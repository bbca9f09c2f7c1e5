/** Checked by `tsc` and never run, as `instance.ts`. */
import type { TokenUser } from '../../src/authentication.ts'
import { statelessBearer } from '../../src/authentication.ts'
import { type StoreVerb, testInstance } from '../../src/testing/index.ts'
import type { User } from '../../src/users/user.ts'
import { is } from './is.ts'

declare const request: Request

const roles = { editor: ['posts.change'] } as const
const app = testInstance({ roles })
is<User>((await app.auth.require(request, 'posts.change')).user)
// @ts-expect-error the roles of the options know no such permission string
await app.auth.require(request, 'posts.chang')

const stateless = testInstance({ authentication: [statelessBearer()] })
is<TokenUser>((await stateless.auth.require(request)).user)

// @ts-expect-error there is no such option
testInstance({ databse: 'api.db' })
// @ts-expect-error a duration has one of the known units
app.clock.advance('5 minutes')
// @ts-expect-error the log is read only
app.log.push({ level: 'info', event: 'mine' })

is<StoreVerb>('sessions.rotate')
// The functions that features add.
is<StoreVerb>('apiTokens.list')
// @ts-expect-error the store has no such function
app.faults.fail('session.rotate')

await fetch('http://localhost/', { headers: await app.as('ada') })
const ada = await app.auth.users.create({ username: 'ada' })
new Headers(await app.as(ada))
