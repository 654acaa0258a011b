// What all parts of the page use. What comes from a board becomes text, never markup.

export const $ = (id) => document.getElementById(id);

export function el(tag, { text, ...attributes } = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== undefined) made.setAttribute(name, value);
  }
  if (text !== undefined) made.textContent = text;
  made.append(...children);
  return made;
}

export function svg(tag, attributes = {}, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

export function boardTime(us) {
  if (typeof us !== "number") return "-";
  const seconds = Math.floor(us / 1e6), two = (n) => String(n).padStart(2, "0");
  const days = Math.floor(seconds / 86400);
  return (days ? `${days}d ` : "") + `${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:` +
    `${two(seconds % 60)}.${String(us % 1e6).padStart(6, "0")}`;
}

export const utc = (us) => (typeof us === "number" ? new Date(us / 1000).toISOString() : "-");
export const word = (value) => (typeof value === "number" ? "0x" + value.toString(16).padStart(8, "0") : "-");
