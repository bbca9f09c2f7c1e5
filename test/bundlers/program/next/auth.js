import { watchword } from 'watchword'

export const auth = watchword({ database: process.env.DATABASE })
