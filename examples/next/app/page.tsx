import { currentUser } from 'watchword/next'
import { auth } from '../auth'

export default async function Page() {
  const user = await currentUser(auth)
  return <p>Hello, {user?.username ?? 'stranger'}.</p>
}
