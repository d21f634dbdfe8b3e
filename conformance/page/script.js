const { namespaces, functions } = JSON.parse(document.getElementById("data").textContent)
const byId = (id) => document.getElementById(id)
const matrix = byId("matrix")
const rows = [...matrix.querySelectorAll("tbody tr:not(.chapter)")] // In the order of `functions`.

/** An element. Text stays text, so that nothing in the reports is read as HTML. */
function element(name, attributes, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes ?? {})) made.setAttribute(key, value)
  made.append(...children)
  return made
}

function mark(state) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg")
  svg.setAttribute("class", "mark")
  svg.setAttribute("aria-hidden", "true")
  const use = svg.appendChild(document.createElementNS(svg.namespaceURI, "use"))
  use.setAttribute("href", `#mark-${state}`)
  return svg
}

function say(text) {
  byId("said").textContent = text
}

// Theme: the system's, until the button says otherwise.

const theme = byId("theme")
const systemIsDark = matchMedia("(prefers-color-scheme: dark)")

function remembered() {
  try {
    return localStorage.getItem("conformance-theme")
  } catch {
    return null // Storage is closed to some pages that are opened from files.
  }
}

function isDark() {
  const chosen = document.documentElement.dataset.theme
  return chosen ? chosen === "dark" : systemIsDark.matches
}

function showTheme() {
  theme.textContent = isDark() ? "Light theme" : "Dark theme"
}

theme.addEventListener("click", () => {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark"
  try {
    localStorage.setItem("conformance-theme", document.documentElement.dataset.theme)
  } catch {
    // It lasts until the page is closed.
  }
  showTheme()
})
systemIsDark.addEventListener("change", showTheme)
if (["light", "dark"].includes(remembered())) document.documentElement.dataset.theme = remembered()
showTheme()

// Filters.

const search = byId("search")
const chapter = byId("chapter")
const show = byId("show")
const bodies = [...matrix.tBodies]

/** All that is said of a function: its name, what failed, and why other checks have no answer. */
function textOf([path, , cells]) {
  const details = cells.flatMap((cell) =>
    (cell?.checks ?? []).filter(([, state]) => state !== "passed").map((check) => check.flat().join(" ")),
  )
  return [path, ...details].join(" ").toLowerCase()
}

const texts = []
const textAt = (index) => (texts[index] ??= textOf(functions[index]))

function hasStates([, , cells], wanted) {
  const found = cells.map((cell) => cell?.state)
  if (wanted === "differences") return new Set(cells.map((cell) => cell && `${cell.state} ${cell.score}`)).size > 1
  if (wanted === "failures") return found.includes("failed") || found.includes("missing")
  return !wanted || found.includes(wanted)
}

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean)
  let count = 0
  rows.forEach((row, index) => {
    const inChapter = !chapter.value || row.parentElement.id === chapter.value
    const found = words.every((word) => textAt(index).includes(word))
    row.hidden = !(inChapter && found && hasStates(functions[index], show.value))
    count += !row.hidden
  })
  for (const body of bodies) body.hidden = [...body.rows].slice(1).every((row) => row.hidden)
  byId("count").value = `${count} of ${rows.length} names`
  byId("reset").hidden = !(search.value || chapter.value || show.value)
  keepStop()
}

byId("filters").addEventListener("input", filter)
byId("filters").addEventListener("submit", (event) => event.preventDefault())
byId("filters").addEventListener("reset", () => {
  setTimeout(filter) // The fields are emptied after this event.
  search.focus()
})
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, select, textarea")
  if (event.key === "/" && !typing && !details.open) {
    event.preventDefault()
    search.focus()
  }
})

// The matrix is a grid: one stop for the Tab key, arrow keys between cells.

const linkIn = (row, column) => row?.cells[column]?.querySelector("a")
const visibleRows = () => rows.filter((row) => !row.hidden)
let stop = null

function moveStop(link) {
  if (stop) stop.tabIndex = -1
  stop = link
  if (stop) stop.tabIndex = 0
}

/** The stop is always on a cell that is shown. */
function keepStop() {
  if (!stop || stop.closest("tr").hidden) moveStop(visibleRows()[0]?.querySelector("td a") ?? null)
}

/** The first cell with a link, from a place on in steps. */
function nextLink(among, row, column, down, right) {
  for (; among[row] && column > 0 && column <= namespaces.length; row += down, column += right) {
    const link = linkIn(among[row], column)
    if (link) return link
  }
  return null
}

matrix.addEventListener("keydown", (event) => {
  const cell = event.target.closest("td")
  if (!cell || event.altKey || event.metaKey) return
  const among = visibleRows()
  const row = among.indexOf(cell.parentElement)
  const column = cell.cellIndex
  const [first, last] = event.ctrlKey ? [0, among.length - 1] : [row, row]
  const target = {
    ArrowUp: () => nextLink(among, row - 1, column, -1, 0),
    ArrowDown: () => nextLink(among, row + 1, column, 1, 0),
    ArrowLeft: () => nextLink(among, row, column - 1, 0, -1),
    ArrowRight: () => nextLink(among, row, column + 1, 0, 1),
    Home: () => nextLink(among, first, 1, 0, 1),
    End: () => nextLink(among, last, namespaces.length, 0, -1),
    PageUp: () => nextLink(among, Math.max(0, row - 10), column, 1, 0),
    PageDown: () => nextLink(among, Math.min(among.length - 1, row + 10), column, -1, 0),
  }[event.key]?.()
  if (target === undefined) return
  event.preventDefault()
  target?.focus()
})
matrix.addEventListener("focusin", (event) => {
  const link = event.target.closest("td a")
  if (link) moveStop(link)
})

// Details of a function in a namespace, at the address #function/namespace.

const details = byId("details")
const address = (path, label) => `#${encodeURIComponent(path)}/${encodeURIComponent(label)}`

/** Text with its parts between backticks as code. */
function withCode(text) {
  return text.split("`").map((part, index) => (index % 2 ? element("code", {}, part) : part))
}

function failureBlock([name, state, , , [text, url, call, got, expected, program]]) {
  const rows = [["call", call], ["got", got], ["expected", expected]].filter(([, value]) => value)
  const copy = element("button", { type: "button" }, "Copy")
  const source = element("pre", {}, program)
  copy.addEventListener("click", () => copied(source, program))
  return element(
    "article",
    { class: `failure ${state}` },
    element("h4", {}, mark(state), name),
    element("blockquote", {}, ...withCode(text), " ", ...(url.startsWith("https://") ? [element("a", { href: url }, "the standard")] : [])),
    element("dl", {}, ...rows.flatMap(([title, value]) => [
      element("dt", {}, title),
      element("dd", {}, element("pre", {}, value)),
    ])),
    element("div", { class: "program" }, copy, source),
  )
}

async function copied(source, text) {
  try {
    await navigator.clipboard.writeText(text)
    say("Copied")
  } catch {
    getSelection().selectAllChildren(source) // Pages from files and plain HTTP may have no clipboard.
    say(document.execCommand("copy") ? "Copied" : "Selected: copy with the keyboard")
  }
  const button = source.previousElementSibling
  button.textContent = byId("said").textContent
  setTimeout(() => (button.textContent = "Copy"), 2000)
}

function checkTable(checks) {
  const head = ["check", "state", "calls", "reason"].map((title) => element("th", { scope: "col" }, title))
  const body = checks.map(([name, state, calls, reason]) => element(
    "tr",
    {},
    element("th", { scope: "row" }, name),
    element("td", { class: `state ${state}` }, mark(state), state),
    element("td", {}, calls ? calls.toLocaleString("en") : ""),
    element("td", {}, reason ?? ""),
  ))
  return element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body))
}

function figures([dtype, error, call, hardError, hardCall]) {
  return [["ordinary", error, call], ["hard", hardError, hardCall]].flatMap(([kind, largest, where]) => [
    element("dt", {}, `${dtype}, ${kind} arguments`),
    element("dd", {}, element("b", {}, largest), ...(where ? [" at ", element("code", {}, where)] : [])),
  ])
}

function fill([path, url, cells], column) {
  const { state, score, checks, accuracy } = cells[column]
  const [label, version] = namespaces[column]
  const close = element("button", { type: "button", "aria-keyshortcuts": "Escape" }, "Close")
  close.addEventListener("click", () => details.close())
  const others = cells.flatMap((cell, index) => {
    if (!cell) return []
    const current = index === column ? { "aria-current": "true" } : {}
    const name = namespaces[index][0]
    return [element("a", { href: address(path, name), class: cell.state, ...current }, mark(cell.state), name)]
  })
  const failures = checks.filter((check) => check[4])
  const title = element("h2", { id: "details-title", tabindex: "-1" }, element("code", {}, path), ` in ${label} ${version}`)
  const passing = score === "-" ? "" : `: ${score} of its checks pass`
  const summary = element("p", {}, `${state}${passing}. `, element("a", { href: url }, "What the standard says"))
  const content = [
    element("div", { class: "bar-top" }, title, close),
    ...(others.length > 1 ? [element("nav", { "aria-label": "The same function in" }, ...others)] : []),
    summary,
    ...failures.map(failureBlock),
    element("h3", {}, "Checks"),
    checkTable(checks),
  ]
  if (accuracy.length) {
    content.push(element("h3", {}, "Errors in units in the last place"), element("dl", {}, ...accuracy.flatMap(figures)))
  }
  details.firstElementChild.replaceChildren(...content)
  return title
}

/** Open what the address names, or close. */
function route() {
  const [path, label] = location.hash.slice(1).split("/").map(decoded)
  const index = functions.findIndex(([each]) => each === path)
  const column = namespaces.findIndex(([each]) => each === label)
  if (!functions[index]?.[2][column]) {
    details.close()
    return
  }
  const title = fill(functions[index], column)
  moveStop(linkIn(rows[index], column + 1))
  if (!details.open) details.showModal()
  details.scrollTop = 0
  title.focus()
}

function decoded(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return ""
  }
}

details.addEventListener("click", (event) => {
  if (event.target === details) details.close() // A click beside it.
})
details.addEventListener("close", () => {
  if (location.hash.includes("/")) history.replaceState(null, "", location.pathname + location.search)
  if (stop && !stop.closest("tr").hidden) stop.focus()
})
addEventListener("hashchange", route)

matrix.setAttribute("role", "grid")
for (const link of matrix.querySelectorAll("td a")) link.tabIndex = -1
for (const hidden of document.querySelectorAll("#theme, #filters, .hint")) hidden.hidden = false
filter()
route()
