import { createApp } from 'vue'
import { createClient, tokenCookies } from 'watchword/client'
import { authPlugin } from 'watchword/vue'
import NotesApp from './NotesApp.vue'

export interface Member {
  readonly id: string
  readonly username: string
}

const client = createClient<Member>('/', {
  transport: tokenCookies,
  user: ({ user_id, username }) => ({ id: String(user_id), username: String(username) }),
})

createApp(NotesApp).use(authPlugin(client)).mount('#page')
