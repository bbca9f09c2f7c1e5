import { guard } from 'watchword/next'
import { auth } from '../../auth'

export const GET = guard(auth, (request) =>
  Response.json({ hello: request.auth.user.username }),
)
