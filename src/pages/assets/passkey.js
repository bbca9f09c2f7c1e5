// Asks the device for a passkey, fills the hidden field of the form with the answer, and sends it.
const form = document.getElementById('passkey')
const show = (id, isShown) => {
  const element = document.getElementById(id)
  if (element) element.hidden = !isShown
}

async function ask() {
  show('cancelled', false)
  try {
    const options = JSON.parse(form.dataset.options)
    const credential =
      form.dataset.ceremony === 'create'
        ? await navigator.credentials.create({
            publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
          })
        : await navigator.credentials.get({
            publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
          })
    form.elements.credential.value = JSON.stringify(credential.toJSON())
    form.submit()
  } catch {
    show('cancelled', true)
  }
}

const hasPasskeys =
  globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON !== undefined
show('unsupported', !hasPasskeys)
show('ceremony', hasPasskeys)
form.addEventListener('submit', (event) => {
  if (form.elements.credential.value !== '') return
  event.preventDefault()
  ask()
})
if (hasPasskeys && form.dataset.starts === 'now') ask()
