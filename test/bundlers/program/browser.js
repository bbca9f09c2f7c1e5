import { createClient, tabStorage } from 'watchword/client'

const client = createClient('https://api.example.com', { storage: tabStorage })
client.ready.then(() => console.log(client.state.status))
