import 'reflect-metadata'
import {
  All,
  type ArgumentsHost,
  Body,
  Catch,
  Controller,
  Get,
  HttpCode,
  HttpException,
  type INestApplication,
  Module,
  Param,
  Post,
  type Type,
  UseGuards,
} from '@nestjs/common'
import { BaseExceptionFilter, NestFactory } from '@nestjs/core'
import type { NestExpressApplication } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { Auth, type Guard, guardOf, mount } from '../../src/adapters/nest.ts'
import type { Principal } from '../../src/permissions/permission.ts'
import type { User } from '../../src/users/user.ts'
import {
  type Adapter,
  BARE,
  OOPS,
  ORIGIN,
  type Setting,
  type Started,
} from './adapter.ts'
import { authOf, type Right, ROUTES, type Route } from './program.ts'
import { testAdapter } from './test-adapter.ts'

const LACKS = {
  prefix: 'the endpoints are at the root, with any global prefix',
  lazyBodies: 'Nest parses bodies before it asks guards',
} as const satisfies Adapter['lacks']

testAdapter({
  name: 'nest on Express',
  errors: 'program',
  lacks: LACKS,
  start: (setting) =>
    start(setting, async (module) => {
      const app = await NestFactory.create<NestExpressApplication>(module, {
        logger: false,
      })
      if (setting.parsesBodies) app.useBodyParser('json').useBodyParser('urlencoded')
      return app
    }),
})

testAdapter({
  name: 'nest on Fastify',
  errors: 'program',
  lacks: {
    ...LACKS,
    parsers: 'Fastify parses bodies behind the hook in which endpoints answer',
  },
  start: (setting) =>
    start(setting, (module) =>
      NestFactory.create(
        module,
        new FastifyAdapter({ routerOptions: { ignoreTrailingSlash: true } }),
        {
          logger: false,
        },
      ),
    ),
})

async function start(
  setting: Setting,
  create: (module: Type) => Promise<INestApplication>,
): Promise<Started> {
  const auth = authOf(setting)
  const app = await create(moduleOf(guardOf(auth)))
  if (setting.cors === 'before') app.enableCors({ origin: [ORIGIN] })
  app.useGlobalFilters(new Oops(app.getHttpAdapter()))
  mount(app, auth)
  if (setting.cors === 'after') app.enableCors({ origin: [ORIGIN] })
  await app.listen(0, '127.0.0.1')
  return {
    url: `http://127.0.0.1:${app.getHttpServer().address().port}`,
    async stop() {
      app.getHttpServer().closeAllConnections()
      await app.close()
      await auth.close()
    },
  }
}

/** A controller with a method for each route. Decorators are called, because Node.js does not run their syntax. */
function moduleOf(guard: Guard<User, Right>): Type {
  class Routes {
    bare(): object {
      return BARE
    }
  }
  const prototype = Routes.prototype
  const add = (name: string, decorators: readonly MethodDecorator[]): void => {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, name)!
    for (const decorator of decorators) decorator(prototype, name, descriptor)
  }
  add('bare', [Get('/bare/')])
  for (const { method, path, requirement, answer } of ROUTES) {
    const name = `${method} ${path}`
    const handle = (
      auth: Principal<unknown, Right>,
      id = '',
      body: unknown = undefined,
    ) => answer({ auth, id, body: async () => body })
    Object.defineProperty(prototype, name, {
      value: handle,
      configurable: true,
      writable: true,
    })
    for (const [place, decorator] of [Auth(), Param('id'), Body()].entries())
      decorator(prototype, name, place)
    add(name, [
      VERBS[method](path),
      UseGuards(requirement === undefined ? guard() : guard(requirement)),
      HttpCode(200),
    ])
  }
  Controller()(Routes)

  class App {}
  Module({ controllers: [Routes] })(App)
  return App
}

const VERBS: Readonly<Record<Route['method'], (path: string) => MethodDecorator>> = {
  GET: Get,
  POST: Post,
  ALL: All,
}

/** Error handling of the program, registered before `mount`, whose filter then runs first. */
class Oops extends BaseExceptionFilter {
  override catch(error: unknown, host: ArgumentsHost): void {
    if (error instanceof HttpException) super.catch(error, host)
    else this.applicationRef?.reply(host.switchToHttp().getResponse(), OOPS, 500)
  }
}
// A filter for all exceptions.
Catch()(Oops)
