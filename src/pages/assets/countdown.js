// Counts down the time after which a form may be sent again.
const clock = (seconds) => {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const [hours, ...rest] = parts
  const all = hours > 0 ? parts : rest
  return all.map((part, i) => (i > 0 ? String(part).padStart(2, '0') : part)).join(':')
}

for (const timer of document.querySelectorAll('[data-after]')) {
  const end = Date.now() + timer.dataset.after * 1000
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000)
    timer.textContent = clock(left)
    if (left > 0) setTimeout(tick, 1000)
    else timer.closest('p').textContent = timer.dataset.over
  }
  tick()
}
