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
import { Auth, CurrentUser, type Guard, guardOf, mount } from '../../src/adapters/nest.ts'
import { denied } from '../../src/permissions/decision.ts'
import { allowAny } from '../../src/permissions/index.ts'
import type { Principal } from '../../src/permissions/permission.ts'
import type { User } from '../../src/users/user.ts'
import { watchword } from '../../src/watchword.ts'

const ADA = { username: 'ada', password: 'qhr4-7mzt-w2pd-x9kc' } as const
type Right = 'posts.change' | 'role:editor'

/** Decorators as Node runs them: called, on a method and on its parameters in their order. */
function decorate(
  it: object,
  name: string,
  on: readonly MethodDecorator[],
  parameters: readonly ParameterDecorator[],
) {
  parameters.forEach((decorator, place) => void decorator(it, name, place))
  const descriptor = Object.getOwnPropertyDescriptor(it, name)!
  for (const decorator of on) decorator(it, name, descriptor)
}

/** What a user of Nest would write, decorators aside. */
function moduleOf(guard: Guard<User, Right>): object {
  class Posts {
    who(user: User | undefined): object {
      return { hello: user?.username ?? 'stranger' }
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
  const it = Posts.prototype
  decorate(it, 'who', [Get('who'), UseGuards(guard(allowAny))], [CurrentUser()])
  decorate(it, 'echo', [Post('echo'), UseGuards(guard())], [CurrentUser(), Body()])
  decorate(
    it,
    'change',
    [Put(':id'), UseGuards(guard('posts.change'))],
    [Auth(), Param('id')],
  )
  decorate(it, 'secret', [Get('secret'), UseGuards(guard())], [Auth()])
  decorate(it, 'gone', [Get('gone'), UseGuards(guard())], [])
  decorate(it, 'fault', [Get('fault'), UseGuards(guard())], [])
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

/** An application with two users, who have signed in: ada, who may nothing, and an editor. */
async function program(
  t: TestContext,
  create: (module: object) => Promise<INestApplication>,
) {
  const auth = watchword({
    database: 'sqlite::memory:',
    roles: { editor: ['posts.change'] },
    log: () => undefined,
  })
  t.after(() => auth.close())
  const app = await create(moduleOf(guardOf(auth)))
  t.after(() => app.close())
  app.setGlobalPrefix('v1')
  mount(app, auth)
  await app.listen(0, '127.0.0.1')
  const url = `http://127.0.0.1:${app.getHttpServer().address().port}`

  const signIn = async (username: string, roles: readonly string[]) => {
    await auth.users.create({ ...ADA, username, roles })
    const answer = await fetch(`${url}/api/token/`, {
      method: 'POST',
      body: JSON.stringify({ ...ADA, username }),
      headers: { 'content-type': 'application/json' },
    })
    const { access } = (await answer.json()) as { access: string }
    return { authorization: `Bearer ${access}` }
  }
  const ada = await signIn('ada', [])
  const editor = await signIn('grace', ['editor'])
  const ask = (path: string, init?: RequestInit): Promise<Response> =>
    fetch(`${url}/v1/${path}`, init)
  return { url, ask, ada, editor }
}

for (const [platform, create] of Object.entries(PLATFORMS)) {
  test(`Nest on ${platform}: a guard lets through whom it knows`, async (t) => {
    const { ask, ada } = await program(t, create)

    assert.deepEqual(await (await ask('posts/who', { headers: ada })).json(), {
      hello: 'ada',
    })
    assert.deepEqual(await (await ask('posts/who')).json(), { hello: 'stranger' })
    const refused = await ask('posts/echo', { method: 'POST' })
    assert.equal(refused.status, 401)
    assert.equal(refused.headers.get('www-authenticate'), 'Bearer realm="api"')
    assert.equal(refused.headers.get('content-type'), 'application/json')
    assert.deepEqual(await refused.json(), {
      detail: 'Authentication credentials were not provided.',
    })
  })

  test(`Nest on ${platform}: a right, and the parameters of the route`, async (t) => {
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

  test(`Nest on ${platform}: bodies of handlers are parsed by Nest as ever`, async (t) => {
    const { ask, ada } = await program(t, create)

    const answer = await ask('posts/echo', {
      method: 'POST',
      headers: { ...ada, 'content-type': 'application/json' },
      body: '{"a":1}',
    })

    assert.deepEqual(await answer.json(), { by: 'ada', body: { a: 1 } })
  })

  test(`Nest on ${platform}: what a handler refuses is our answer, its own exceptions are Nest's`, async (t) => {
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

  test(`Nest on ${platform}: a principal where no guard stands is a fault, and never undefined`, async (t) => {
    const { ask, ada } = await program(t, create)

    assert.equal((await ask('open/hello', { headers: ada })).status, 500)
  })

  test(`Nest on ${platform}: the endpoints are below no prefix, and other paths are Nest's`, async (t) => {
    const { url, ask } = await program(t, create)

    assert.equal((await fetch(`${url}/.well-known/jwks.json`)).status, 200)
    assert.equal((await fetch(`${url}/api/token/`)).status, 405)
    assert.equal(
      ((await (await ask('nowhere')).json()) as { error: string }).error,
      'Not Found',
    )
  })
}
