import { createPublicKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import express, { type RequestHandler } from 'express'
import { mount } from '../../src/adapters/express.ts'
import { HELLO, NO_OP, ours } from './ours.ts'
import { serveParent } from './report-usage.ts'

/** The same route in Express; `file` is our database, or the public key for the other guards. */
const [guarded, file = ''] = process.argv.slice(2)

const require = createRequire(import.meta.url)
const app = express()
const hello: RequestHandler = (_, res) => void res.json(HELLO)
const algorithms = ['ES256']
const publicKey = (): KeyObject => createPublicKey(readFileSync(file))

if (guarded === 'unguarded') app.get('/hello/', hello)
else if (guarded === NO_OP) {
  app.use((_, __, next) => next())
  app.get('/hello/', hello)
} else if (guarded === 'express-jwt') {
  const { expressjwt } = require('express-jwt') as {
    expressjwt(options: object): RequestHandler
  }
  app.get('/hello/', expressjwt({ secret: publicKey(), algorithms }), hello)
} else if (guarded === 'passport-jwt') app.get('/hello/', passportJwt(), hello)
else {
  const guard = mount(app, await ours(guarded!, file))
  app.get(
    '/hello/',
    guard((_, res) => res.json(HELLO)),
  )
}
serveParent(createServer(app))

/** Passport, which checks the token and looks up no user. */
function passportJwt(): RequestHandler {
  const passport = require('passport') as {
    use(strategy: unknown): void
    authenticate(name: string, options: object): RequestHandler
  }
  const { Strategy, ExtractJwt } = require('passport-jwt') as {
    Strategy: new (
      options: object,
      known: (claims: object, done: (error: null, user: object) => void) => void,
    ) => object
    ExtractJwt: { fromAuthHeaderAsBearerToken(): unknown }
  }
  const jwtFromRequest = ExtractJwt.fromAuthHeaderAsBearerToken()
  const secretOrKey = publicKey()
  passport.use(
    new Strategy({ jwtFromRequest, secretOrKey, algorithms }, (claims, done) =>
      done(null, claims),
    ),
  )
  return passport.authenticate('jwt', { session: false })
}
