import { handlers } from 'watchword/next'
import { auth } from '../../../auth'

export const { GET, HEAD, OPTIONS } = handlers(auth)
