import { createServer } from 'node:http'
import type { INestApplication } from '@nestjs/common'
import createExpress from 'express'
import createFastify from 'fastify'
import { Hono } from 'hono'
import * as ofExpress from '../../src/adapters/express.ts'
import * as ofFastify from '../../src/adapters/fastify.ts'
import { guardOf } from '../../src/adapters/fetch.ts'
import * as ofHono from '../../src/adapters/hono.ts'
import * as ofNest from '../../src/adapters/nest.ts'
import * as next from '../../src/adapters/next.ts'
import * as ofNode from '../../src/adapters/node.ts'
import {
  allOf,
  anyOf,
  has,
  hasRole,
  isStaff,
  modelPermissions,
  not,
} from '../../src/permissions/index.ts'
import { watchword } from '../../src/watchword.ts'

/* A misspelt permission string does not compile in any adapter, wherever it stands in a requirement. */

const auth = watchword({
  roles: { editor: ['posts.add', 'posts.change', 'posts.delete'] },
})
declare const app: INestApplication
declare const request: Request
const express = ofExpress.mount(createExpress(), auth)
const node = ofNode.mount(createServer(), auth)
const fastify = ofFastify.mount(createFastify(), auth)
const fetch = guardOf(auth)
const hono = ofHono.mount(new Hono(), auth)
const nest = ofNest.mount(app, auth)
const listen = (): void => undefined
const respond = (): Response => new Response()

/* express */

express(has('posts.change'), listen)
// @ts-expect-error no role has it
express(has('posts.chagne'), listen)
express(hasRole('editor'), listen)
// @ts-expect-error no role has it
express(hasRole('edtor'), listen)
express(not(has('posts.change')), listen)
// @ts-expect-error no role has it
express(not(has('posts.chagne')), listen)
express(allOf(isStaff, anyOf(isStaff, has('posts.change'))), listen)
// @ts-expect-error no role has it
express(allOf(isStaff, anyOf(isStaff, has('posts.chagne'))), listen)
express(modelPermissions('posts'), listen)
// @ts-expect-error no role has it
express(modelPermissions('pots'), listen)
express({ permissions: 'posts.change' }, listen)
// @ts-expect-error no role has it
express({ permissions: 'posts.chagne' }, listen)
express({ permissions: [isStaff, has('posts.change')] }, listen)
// @ts-expect-error no role has it
express({ permissions: [isStaff, has('posts.chagne')] }, listen)

/* node */

node(has('posts.change'), listen)
// @ts-expect-error no role has it
node(has('posts.chagne'), listen)
node(hasRole('editor'), listen)
// @ts-expect-error no role has it
node(hasRole('edtor'), listen)
node(not(has('posts.change')), listen)
// @ts-expect-error no role has it
node(not(has('posts.chagne')), listen)
node(allOf(isStaff, anyOf(isStaff, has('posts.change'))), listen)
// @ts-expect-error no role has it
node(allOf(isStaff, anyOf(isStaff, has('posts.chagne'))), listen)
node(modelPermissions('posts'), listen)
// @ts-expect-error no role has it
node(modelPermissions('pots'), listen)
node({ permissions: 'posts.change' }, listen)
// @ts-expect-error no role has it
node({ permissions: 'posts.chagne' }, listen)
node({ permissions: [isStaff, has('posts.change')] }, listen)
// @ts-expect-error no role has it
node({ permissions: [isStaff, has('posts.chagne')] }, listen)

/* fastify */

fastify(has('posts.change'), listen)
// @ts-expect-error no role has it
fastify(has('posts.chagne'), listen)
fastify(hasRole('editor'), listen)
// @ts-expect-error no role has it
fastify(hasRole('edtor'), listen)
fastify(not(has('posts.change')), listen)
// @ts-expect-error no role has it
fastify(not(has('posts.chagne')), listen)
fastify(allOf(isStaff, anyOf(isStaff, has('posts.change'))), listen)
// @ts-expect-error no role has it
fastify(allOf(isStaff, anyOf(isStaff, has('posts.chagne'))), listen)
fastify(modelPermissions('posts'), listen)
// @ts-expect-error no role has it
fastify(modelPermissions('pots'), listen)
fastify({ permissions: 'posts.change' }, listen)
// @ts-expect-error no role has it
fastify({ permissions: 'posts.chagne' }, listen)
fastify({ permissions: [isStaff, has('posts.change')] }, listen)
// @ts-expect-error no role has it
fastify({ permissions: [isStaff, has('posts.chagne')] }, listen)

/* fetch */

fetch(has('posts.change'), respond)
// @ts-expect-error no role has it
fetch(has('posts.chagne'), respond)
fetch(hasRole('editor'), respond)
// @ts-expect-error no role has it
fetch(hasRole('edtor'), respond)
fetch(not(has('posts.change')), respond)
// @ts-expect-error no role has it
fetch(not(has('posts.chagne')), respond)
fetch(allOf(isStaff, anyOf(isStaff, has('posts.change'))), respond)
// @ts-expect-error no role has it
fetch(allOf(isStaff, anyOf(isStaff, has('posts.chagne'))), respond)
fetch(modelPermissions('posts'), respond)
// @ts-expect-error no role has it
fetch(modelPermissions('pots'), respond)
fetch({ permissions: 'posts.change' }, respond)
// @ts-expect-error no role has it
fetch({ permissions: 'posts.chagne' }, respond)
fetch({ permissions: [isStaff, has('posts.change')] }, respond)
// @ts-expect-error no role has it
fetch({ permissions: [isStaff, has('posts.chagne')] }, respond)

/* next */

next.guard(auth, has('posts.change'), respond)
// @ts-expect-error no role has it
next.guard(auth, has('posts.chagne'), respond)
next.guard(auth, hasRole('editor'), respond)
// @ts-expect-error no role has it
next.guard(auth, hasRole('edtor'), respond)
next.guard(auth, not(has('posts.change')), respond)
// @ts-expect-error no role has it
next.guard(auth, not(has('posts.chagne')), respond)
next.guard(auth, allOf(isStaff, anyOf(isStaff, has('posts.change'))), respond)
// @ts-expect-error no role has it
next.guard(auth, allOf(isStaff, anyOf(isStaff, has('posts.chagne'))), respond)
next.guard(auth, modelPermissions('posts'), respond)
// @ts-expect-error no role has it
next.guard(auth, modelPermissions('pots'), respond)
next.guard(auth, { permissions: 'posts.change' }, respond)
// @ts-expect-error no role has it
next.guard(auth, { permissions: 'posts.chagne' }, respond)
next.guard(auth, { permissions: [isStaff, has('posts.change')] }, respond)
// @ts-expect-error no role has it
next.guard(auth, { permissions: [isStaff, has('posts.chagne')] }, respond)

/* hono */

hono(has('posts.change'))
// @ts-expect-error no role has it
hono(has('posts.chagne'))
hono(hasRole('editor'))
// @ts-expect-error no role has it
hono(hasRole('edtor'))
hono(not(has('posts.change')))
// @ts-expect-error no role has it
hono(not(has('posts.chagne')))
hono(allOf(isStaff, anyOf(isStaff, has('posts.change'))))
// @ts-expect-error no role has it
hono(allOf(isStaff, anyOf(isStaff, has('posts.chagne'))))
hono(modelPermissions('posts'))
// @ts-expect-error no role has it
hono(modelPermissions('pots'))
hono({ permissions: 'posts.change' })
// @ts-expect-error no role has it
hono({ permissions: 'posts.chagne' })
hono({ permissions: [isStaff, has('posts.change')] })
// @ts-expect-error no role has it
hono({ permissions: [isStaff, has('posts.chagne')] })

/* nest */

nest(has('posts.change'))
// @ts-expect-error no role has it
nest(has('posts.chagne'))
nest(hasRole('editor'))
// @ts-expect-error no role has it
nest(hasRole('edtor'))
nest(not(has('posts.change')))
// @ts-expect-error no role has it
nest(not(has('posts.chagne')))
nest(allOf(isStaff, anyOf(isStaff, has('posts.change'))))
// @ts-expect-error no role has it
nest(allOf(isStaff, anyOf(isStaff, has('posts.chagne'))))
nest(modelPermissions('posts'))
// @ts-expect-error no role has it
nest(modelPermissions('pots'))
nest({ permissions: 'posts.change' })
// @ts-expect-error no role has it
nest({ permissions: 'posts.chagne' })
nest({ permissions: [isStaff, has('posts.change')] })
// @ts-expect-error no role has it
nest({ permissions: [isStaff, has('posts.chagne')] })

/* require */

auth.require(request, has('posts.change'))
// @ts-expect-error no role has it
auth.require(request, has('posts.chagne'))
auth.require(request, hasRole('editor'))
// @ts-expect-error no role has it
auth.require(request, hasRole('edtor'))
auth.require(request, not(has('posts.change')))
// @ts-expect-error no role has it
auth.require(request, not(has('posts.chagne')))
auth.require(request, allOf(isStaff, anyOf(isStaff, has('posts.change'))))
// @ts-expect-error no role has it
auth.require(request, allOf(isStaff, anyOf(isStaff, has('posts.chagne'))))
auth.require(request, modelPermissions('posts'))
// @ts-expect-error no role has it
auth.require(request, modelPermissions('pots'))
auth.require(request, { permissions: 'posts.change' })
// @ts-expect-error no role has it
auth.require(request, { permissions: 'posts.chagne' })
auth.require(request, { permissions: [isStaff, has('posts.change')] })
// @ts-expect-error no role has it
auth.require(request, { permissions: [isStaff, has('posts.chagne')] })

/* requireUser */

next.requireUser(auth, has('posts.change'))
// @ts-expect-error no role has it
next.requireUser(auth, has('posts.chagne'))
next.requireUser(auth, hasRole('editor'))
// @ts-expect-error no role has it
next.requireUser(auth, hasRole('edtor'))
next.requireUser(auth, not(has('posts.change')))
// @ts-expect-error no role has it
next.requireUser(auth, not(has('posts.chagne')))
next.requireUser(auth, allOf(isStaff, anyOf(isStaff, has('posts.change'))))
// @ts-expect-error no role has it
next.requireUser(auth, allOf(isStaff, anyOf(isStaff, has('posts.chagne'))))
next.requireUser(auth, modelPermissions('posts'))
// @ts-expect-error no role has it
next.requireUser(auth, modelPermissions('pots'))
next.requireUser(auth, { permissions: 'posts.change' })
// @ts-expect-error no role has it
next.requireUser(auth, { permissions: 'posts.chagne' })
next.requireUser(auth, { permissions: [isStaff, has('posts.change')] })
// @ts-expect-error no role has it
next.requireUser(auth, { permissions: [isStaff, has('posts.chagne')] })

/* With the path parameters of Express */

const one = (): void => undefined
express<{ id: string }>('posts.change', one)
express<{ id: string }>(has('posts.change'), one)
// @ts-expect-error no role has it
express<{ id: string }>('posts.chagne', one)
// @ts-expect-error no role has it
express<{ id: string }>(has('posts.chagne'), one)

/* The option `permissions` of the instance */

const roles = { editor: ['posts.change'] } as const
watchword({ roles, permissions: has('posts.change') })
// @ts-expect-error no role has it
watchword({ roles, permissions: has('posts.chagne') })
// @ts-expect-error no role has it
watchword({ roles, permissions: [hasRole('edtor'), isStaff] })
