import { guard } from 'watchword/next'
import { auth } from '../../auth.js'

export const GET = guard(
  auth,
  (request) => new Response(`hello ${request.auth.user.username}`),
)
