import { AuthError } from 'watchword'
import { auth } from '../../auth.js'

export async function POST(request) {
  try {
    const { username } = await auth.users.create(await request.json())
    return new Response(username)
  } catch (error) {
    if (error instanceof AuthError && error.code === 'invalid') return error.toResponse()
    throw error
  }
}
