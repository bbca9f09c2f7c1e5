import { watchword } from 'watchword'

const kept = globalThis as { auth?: ReturnType<typeof create> }
const create = () => watchword({ roles: { editor: ['posts.change'] } })

// Next loads this module anew when it changes: one instance stays, with its connections and counts.
kept.auth ??= create()
export const auth = kept.auth
