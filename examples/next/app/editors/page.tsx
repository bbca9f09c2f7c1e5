import { requireUser } from 'watchword/next'
import { auth } from '../../auth'

export default async function Page() {
  const user = await requireUser(auth, 'posts.change')
  return <p>Hello, {user.username}, who may change posts.</p>
}
