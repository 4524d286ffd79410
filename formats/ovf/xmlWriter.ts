/** An XML element to be written: its lines without indentation of its own. */
export type Lines = readonly string[];

type Attributes = Readonly<Record<string, string | number | boolean>>;

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character);
}

function opening(name: string, attributes: Attributes): string {
  const pairs = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${escaped(String(value))}"`,
  );
  return `<${name}${pairs.join("")}`;
}

/** An element holding other elements, or none. */
export function element(name: string, attributes: Attributes, children: readonly Lines[]): Lines {
  const inner = children.flat();
  if (inner.length === 0) return [`${opening(name, attributes)}/>`];
  return [`${opening(name, attributes)}>`, ...inner.map((line) => `  ${line}`), `</${name}>`];
}

/** An element holding text alone, on one line. */
export function leaf(name: string, text: string | number | boolean): Lines {
  return [`<${name}>${escaped(String(text))}</${name}>`];
}
