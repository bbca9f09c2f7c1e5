import { guard } from 'watchword/next'
import { auth } from '../../../auth'

export const PUT = guard(
  auth,
  'posts.change',
  async (request, { params }: RouteContext<'/posts/[id]'>) =>
    Response.json({ changed: (await params).id, by: request.auth.user.username }),
)
