import 'reflect-metadata'
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import {
  Body,
  Controller,
  Get,
  type INestApplication,
  Module,
  NotFoundException,
  Param,
  Post,
  Put,
  UseGuards,
} from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import {
  Auth,
  CurrentUser,
  type Guard,
  guardOf,
  mount,
  Public,
} from '../../src/adapters/nest.ts'
import { denied } from '../../src/permissions/decision.ts'
import { allowAny } from '../../src/permissions/index.ts'
import type { Principal } from '../../src/permissions/permission.ts'
import { testInstance } from '../../src/testing/index.ts'
import type { User } from '../../src/users/user.ts'

type Right = 'posts.change' | 'role:editor'

/** Calls decorators, because Node.js does not run their syntax: those of a method, and of its parameters in order. */
function decorate(
  prototype: object,
  name: string,
  on: readonly MethodDecorator[],
  parameters: readonly ParameterDecorator[],
) {
  parameters.forEach((decorator, place) => void decorator(prototype, name, place))
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name)!
  for (const decorator of on) decorator(prototype, name, descriptor)
}

/** A module as an application would have it. */
function moduleOf(guard: Guard<User, Right>): object {
  class Posts {
    who(user: User | undefined): object {
      return { hello: user?.username ?? 'anonymous' }
    }
    echo(user: User, body: object): object {
      return { by: user.username, body }
    }
    change(auth: Principal, id: string): object {
      return { id, by: auth.user.username, editor: auth.can('role:editor') }
    }
    async secret(auth: Principal): Promise<void> {
      await auth.authorize(() => denied('not yours', { detail: 'It is not yours.' }), {})
    }
    gone(): never {
      throw new NotFoundException('no such post')
    }
    fault(): never {
      throw new Error('a secret')
    }
  }
  const prototype = Posts.prototype
  decorate(prototype, 'who', [Get('who'), UseGuards(guard(allowAny))], [CurrentUser()])
  decorate(prototype, 'echo', [Post('echo'), UseGuards(guard())], [CurrentUser(), Body()])
  decorate(
    prototype,
    'change',
    [Put(':id'), UseGuards(guard('posts.change'))],
    [Auth(), Param('id')],
  )
  decorate(prototype, 'secret', [Get('secret'), UseGuards(guard())], [Auth()])
  decorate(prototype, 'gone', [Get('gone'), UseGuards(guard())], [])
  decorate(prototype, 'fault', [Get('fault'), UseGuards(guard())], [])
  Controller('posts')(Posts)

  class Open {
    hello(auth: Principal | undefined): object {
      return { guarded: auth !== undefined }
    }
  }
  decorate(Open.prototype, 'hello', [Get('hello')], [Auth()])
  Controller('open')(Open)

  class App {}
  Module({ controllers: [Posts, Open] })(App)
  return App
}

const PLATFORMS: Readonly<Record<string, (module: object) => Promise<INestApplication>>> =
  {
    Express: (module) => NestFactory.create(module, { logger: false }),
    Fastify: (module) =>
      NestFactory.create(module, new FastifyAdapter(), { logger: false }),
  }

/** An application with two signed-in users: ada, without a role, and an editor. */
async function program(
  t: TestContext,
  create: (module: object) => Promise<INestApplication>,
) {
  const { auth, as } = testInstance({ roles: { editor: ['posts.change'] } })
  t.after(() => auth.close())
  const app = await create(moduleOf(guardOf(auth)))
  t.after(() => app.close())
  app.setGlobalPrefix('v1')
  mount(app, auth)
  await app.listen(0, '127.0.0.1')
  const url = `http://127.0.0.1:${app.getHttpServer().address().port}`

  const ada = await as(await auth.users.create({ username: 'ada' }))
  const grace = await auth.users.create({ username: 'grace', roles: ['editor'] })
  const editor = await as(grace)
  const ask = (path: string, init?: RequestInit): Promise<Response> =>
    fetch(`${url}/v1/${path}`, init)
  return { url, ask, ada, editor }
}

for (const [platform, create] of Object.entries(PLATFORMS)) {
  test(`Nest on ${platform}: a guard admits a user, and rejects anonymous requests unless the route is public`, async (t) => {
    const { ask, ada } = await program(t, create)

    assert.deepEqual(await (await ask('posts/who', { headers: ada })).json(), {
      hello: 'ada',
    })
    assert.deepEqual(await (await ask('posts/who')).json(), { hello: 'anonymous' })
    const refused = await ask('posts/echo', { method: 'POST' })
    assert.equal(refused.status, 401)
    assert.equal(refused.headers.get('www-authenticate'), 'Bearer realm="api"')
    assert.equal(refused.headers.get('content-type'), 'application/json')
    assert.deepEqual(await refused.json(), {
      detail: 'Authentication credentials were not provided.',
    })
  })

  test(`Nest on ${platform}: a permission string, and a path parameter in the handler`, async (t) => {
    const { ask, ada, editor } = await program(t, create)

    assert.equal((await ask('posts/7', { method: 'PUT', headers: ada })).status, 403)
    assert.deepEqual(
      await (await ask('posts/7', { method: 'PUT', headers: editor })).json(),
      {
        id: '7',
        by: 'grace',
        editor: true,
      },
    )
  })

  test(`Nest on ${platform}: bodies of guarded handlers are parsed by Nest`, async (t) => {
    const { ask, ada } = await program(t, create)

    const answer = await ask('posts/echo', {
      method: 'POST',
      headers: { ...ada, 'content-type': 'application/json' },
      body: '{"a":1}',
    })

    assert.deepEqual(await answer.json(), { by: 'ada', body: { a: 1 } })
  })

  test(`Nest on ${platform}: authorize() in a handler responds with its denial, and other exceptions are left to Nest`, async (t) => {
    const { ask, ada } = await program(t, create)

    const refused = await ask('posts/secret', { headers: ada })
    assert.equal(refused.status, 403)
    assert.deepEqual(await refused.json(), { detail: 'It is not yours.' })
    assert.deepEqual(await (await ask('posts/gone', { headers: ada })).json(), {
      message: 'no such post',
      error: 'Not Found',
      statusCode: 404,
    })
    assert.equal((await ask('posts/fault', { headers: ada })).status, 500)
  })

  test(`Nest on ${platform}: @Auth() without a guard is a 500, not undefined`, async (t) => {
    const { ask, ada } = await program(t, create)

    assert.equal((await ask('open/hello', { headers: ada })).status, 500)
  })

  test(`Nest on ${platform}: the endpoints ignore the global prefix, and other paths are left to Nest`, async (t) => {
    const { url, ask } = await program(t, create)

    assert.equal((await fetch(`${url}/.well-known/jwks.json`)).status, 200)
    assert.equal((await fetch(`${url}/api/token/`)).status, 405)
    assert.equal(
      ((await (await ask('nowhere')).json()) as { error: string }).error,
      'Not Found',
    )
  })
}

test('@Public() opens what a guard above it closes, and no guard beside it or below it', async (t) => {
  const { auth } = testInstance()
  const guard = guardOf(auth)
  class Open {
    plain(): object {
      return {}
    }
    guarded(): object {
      return {}
    }
  }
  class Closed {
    plain(): object {
      return {}
    }
    open(): object {
      return {}
    }
    both(): object {
      return {}
    }
  }
  decorate(Open.prototype, 'plain', [Get('open/plain')], [])
  decorate(Open.prototype, 'guarded', [Get('open/guarded'), UseGuards(guard())], [])
  decorate(Closed.prototype, 'plain', [Get('closed/plain')], [])
  decorate(Closed.prototype, 'open', [Get('closed/open'), Public()], [])
  decorate(
    Closed.prototype,
    'both',
    [Get('closed/both'), Public(), UseGuards(guard())],
    [],
  )
  Controller()(Open)
  Public()(Open)
  Controller()(Closed)
  UseGuards(guard())(Closed)
  class App {}
  Module({ controllers: [Open, Closed] })(App)
  const app = await NestFactory.create(App, { logger: false })
  t.after(() => app.close().then(() => auth.close()))
  mount(app, auth)
  app.useGlobalGuards(guard())
  await app.listen(0, '127.0.0.1')
  const url = await app.getUrl()
  const statusOf = async (path: string) => (await fetch(`${url}/${path}`)).status

  assert.equal(await statusOf('open/plain'), 200)
  assert.equal(await statusOf('closed/open'), 200)
  for (const path of ['open/guarded', 'closed/plain', 'closed/both'])
    assert.equal(await statusOf(path), 401, path)
})
