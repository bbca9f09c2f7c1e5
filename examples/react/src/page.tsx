import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createClient, tokenCookies } from 'watchword/client'
import { AuthProvider } from 'watchword/react'
import { type Member, Notes } from './notes.tsx'

const client = createClient<Member>('/', {
  transport: tokenCookies,
  user: ({ user_id, username }) => ({ id: String(user_id), username: String(username) }),
})

const page = document.getElementById('page')
if (page)
  createRoot(page).render(
    <StrictMode>
      <AuthProvider client={client}>
        <Notes />
      </AuthProvider>
    </StrictMode>,
  )
