import 'reflect-metadata'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { serve } from '@hono/node-server'
import { type INestApplication, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { mount as mountInExpress } from '../../src/adapters/express.ts'
import { mount as mountInFastify } from '../../src/adapters/fastify.ts'
import { mount as mountInHono } from '../../src/adapters/hono.ts'
import { mount as mountInNest } from '../../src/adapters/nest.ts'
import { mount as mountInNode } from '../../src/adapters/node.ts'
import type { User } from '../../src/users/user.ts'
import type { Watchword } from '../../src/watchword.ts'

type Stop = () => unknown

/** Serves the endpoints of an instance on a port. */
type Program = (auth: Watchword<User, never>, port: number) => Promise<Stop>

const HOST = '127.0.0.1'

async function stopOf(server: Server): Promise<Stop> {
  if (!server.listening) await once(server, 'listening')
  return () => {
    server.closeAllConnections()
    server.close()
  }
}

/** The shortest program of each adapter. */
export const PROGRAMS: Readonly<Record<string, Program>> = {
  express(auth, port) {
    const app = express()
    mountInExpress(app, auth)
    return stopOf(app.listen(port, HOST))
  },
  async fastify(auth, port) {
    const app = fastify()
    mountInFastify(app, auth)
    await app.listen({ port, host: HOST })
    return () => app.close()
  },
  hono(auth, port) {
    const app = new Hono()
    mountInHono(app, auth)
    return stopOf(serve({ fetch: app.fetch, port, hostname: HOST }) as Server)
  },
  'nest on Express': async (auth, port) =>
    startNest(await NestFactory.create(App, { logger: false }), auth, port),
  'nest on Fastify': async (auth, port) =>
    startNest(
      await NestFactory.create(App, new FastifyAdapter(), { logger: false }),
      auth,
      port,
    ),
  node(auth, port) {
    const server = createServer()
    mountInNode(server, auth)
    return stopOf(server.listen(port, HOST))
  },
  fetch(auth, port) {
    const server = serve({ fetch: auth.handler as never, port, hostname: HOST })
    return stopOf(server as Server)
  },
}

class App {}
Module({})(App)

async function startNest(
  app: INestApplication,
  auth: Watchword<User, never>,
  port: number,
): Promise<Stop> {
  mountInNest(app, auth)
  await app.listen(port, HOST)
  return async () => {
    app.getHttpServer().closeAllConnections()
    await app.close()
  }
}
