// Offers passkeys among the suggestions for the name (conditional mediation). The page of passkeys has the form and a challenge.
const link = document.querySelector('a[data-way="passkey"]')

const visible = () =>
  new Promise((resolve) => {
    if (!document.hidden) resolve()
    else document.addEventListener('visibilitychange', resolve, { once: true })
  })

async function passkeyForm() {
  await visible()
  const response = await fetch(link.href)
  const page = new DOMParser().parseFromString(await response.text(), 'text/html')
  return page.getElementById('passkey')
}

async function credentialFor(form) {
  const options = JSON.parse(form.dataset.options)
  // A challenge expires: a page that stays open asks for the next one before.
  const signal = AbortSignal.timeout(options.timeout * 0.9)
  try {
    return await navigator.credentials.get({
      mediation: 'conditional',
      publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
      signal,
    })
  } catch (error) {
    if (!signal.aborted) throw error
    return credentialFor(await passkeyForm())
  }
}

async function offer() {
  const form = await passkeyForm()
  const credential = await credentialFor(form)
  form.elements.credential.value = JSON.stringify(credential.toJSON())
  form.hidden = true
  document.body.append(form)
  form.submit()
}

const { PublicKeyCredential } = globalThis
if (
  PublicKeyCredential?.parseRequestOptionsFromJSON !== undefined &&
  (await PublicKeyCredential.isConditionalMediationAvailable?.())
)
  // The page has other ways to sign in.
  offer().catch(() => {})
