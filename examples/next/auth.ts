import { watchword } from 'watchword'

export const auth = watchword({ roles: { editor: ['posts.change'] } })
