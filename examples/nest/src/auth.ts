import { watchword } from 'watchword'
import { guardOf } from 'watchword/nest'

export const auth = watchword({ roles: { editor: ['posts.change'] } })
export const guard = guardOf(auth)
