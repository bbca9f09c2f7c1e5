import { handlers } from 'watchword/next'
import { auth } from '../../../auth.js'

export const { GET, POST } = handlers(auth)
