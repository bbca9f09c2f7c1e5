import { HttpClient } from '@angular/common/http'
import { Component, computed, effect, inject, signal } from '@angular/core'
import { firstValueFrom } from 'rxjs'
import { injectAuth, injectClient } from 'watchword/angular'
import { AuthError, passkeys } from 'watchword/client'

export interface Member {
  readonly id: string
  readonly username: string
}

interface Session {
  readonly id: string
  readonly current: boolean
  readonly user_agent: string | null
}

@Component({
  selector: 'notes-app',
  template: `
    @switch (auth().status) {
      @case ('loading') { <p>Loading …</p> }
      @case ('signedOut') {
        <form (submit)="send($event, name.value, password.value)">
          <h1>Sign in</h1>
          <label>Name <input #name name="username" autocomplete="username" required></label>
          <label>
            Password
            <input #password name="password" type="password" autocomplete="current-password" required>
          </label>
          <button type="submit">Sign in</button>
          <button type="button" (click)="signUp(name.value, password.value)">Sign up</button>
          <button type="button" (click)="signInWithPasskey()">Sign in with a passkey</button>
          <p role="alert">{{ problem() }}</p>
        </form>
      }
      @case ('signedIn') {
        <h1>Notes of {{ username() }}</h1>
        <ul id="notes">
          @for (text of notes(); track $index) { <li>{{ text }}</li> }
        </ul>
        <form (submit)="add($event, text)">
          <label>Note <input #text name="text" required></label>
          <button type="submit">Add</button>
        </form>
        <h2>Sessions</h2>
        <ul id="sessions">
          @for (each of sessions(); track each.id) {
            <li>{{ each.user_agent }} {{ each.current ? '(this one)' : '' }}</li>
          }
        </ul>
        <button type="button" (click)="addPasskey()">Add a passkey</button>
        <button type="button" (click)="client.signOut()">Sign out</button>
        <button type="button" (click)="client.signOut({ everywhere: true })">
          Sign out everywhere
        </button>
      }
    }
  `,
})
export class NotesApp {
  readonly auth = injectAuth<Member>()
  readonly client = injectClient<Member>()
  readonly problem = signal('')
  readonly notes = signal<readonly string[]>([])
  readonly sessions = signal<readonly Session[]>([])
  readonly username = computed(() => {
    const state = this.auth()
    return state.status === 'signedIn' ? state.user.username : ''
  })
  private readonly http = inject(HttpClient)
  private readonly keys = passkeys(this.client)

  constructor() {
    effect(() => {
      if (this.auth().status === 'signedIn') void this.load()
    })
  }

  send(event: Event, username: string, password: string): void {
    event.preventDefault()
    void this.attempt(() => this.client.signIn({ username, password }))
  }

  signUp(username: string, password: string): void {
    void this.attempt(async () => {
      await this.client.signUp({ username, password })
      await this.client.signIn({ username, password })
    })
  }

  signInWithPasskey(): void {
    void this.attempt(() => this.keys.signIn())
  }

  addPasskey(): void {
    void this.attempt(() => this.keys.register({ name: 'Laptop' }))
  }

  async add(event: Event, field: HTMLInputElement): Promise<void> {
    event.preventDefault()
    await firstValueFrom(this.http.post('/notes/', { text: field.value }))
    field.value = ''
    await this.load()
  }

  private async load(): Promise<void> {
    const [notes, sessions] = await Promise.all([
      firstValueFrom(this.http.get<string[]>('/notes/')),
      firstValueFrom(this.http.get<Session[]>('/auth/sessions/')),
    ])
    this.notes.set(notes)
    this.sessions.set(sessions)
  }

  private async attempt(work: () => Promise<unknown>): Promise<void> {
    this.problem.set('')
    await work().catch((error: unknown) => this.problem.set(textOf(error)))
  }
}

const textOf = (error: unknown): string => {
  if (!(error instanceof AuthError)) return 'Something went wrong. Try again.'
  if (error.code === 'invalid_credentials') return 'Wrong name or password.'
  if (error.code === 'cancelled') return 'No passkey was chosen.'
  return Object.values(error.fields ?? {}).flat()[0] ?? 'That did not work. Try again.'
}
