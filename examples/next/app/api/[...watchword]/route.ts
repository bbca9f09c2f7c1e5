import { handlers } from 'watchword/next'
import { auth } from '../../../auth'

export const { GET, POST, OPTIONS } = handlers(auth)
