// This example is compiled in the browser. The Angular CLI compiles ahead of time, and needs no such line.
import '@angular/compiler'
import { provideHttpClient, withInterceptors } from '@angular/common/http'
import { bootstrapApplication } from '@angular/platform-browser'
import { authInterceptor, provideAuth } from 'watchword/angular'
import { createClient, tokenCookies } from 'watchword/client'
import { type Member, NotesApp } from './notes.ts'

const open = () =>
  createClient<Member>('/', {
    transport: tokenCookies,
    user: ({ user_id, username }) => ({
      id: String(user_id),
      username: String(username),
    }),
  })

bootstrapApplication(NotesApp, {
  providers: [provideAuth(open), provideHttpClient(withInterceptors([authInterceptor]))],
}).catch(console.error)
