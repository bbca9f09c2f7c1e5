import { type CanActivate, type INestApplication, UseGuards } from '@nestjs/common'
import { Auth, CurrentUser, guardOf, mount } from '../../src/adapters/nest.ts'
import { statelessBearer } from '../../src/authentication.ts'
import { allowAny } from '../../src/permissions/index.ts'
import { watchword } from '../../src/watchword.ts'
import { is } from './is.ts'

const auth = watchword({ roles: { editor: ['posts.change'] } })
declare const app: INestApplication
const guard = guardOf(auth)

app.useGlobalGuards(mount(app, auth)())
is<CanActivate>(guard('posts.change'))
is<MethodDecorator & ClassDecorator>(
  UseGuards(
    guard(),
    guard('role:editor'),
    guard(allowAny),
    guard({ schemes: [statelessBearer()] }),
  ),
)
is<ParameterDecorator>(CurrentUser())
is<ParameterDecorator>(Auth())

// @ts-expect-error the roles know no such permission string
guard('posts.chang')
// @ts-expect-error a requirement has no such member
guard({ scheme: [] })
