/** An element of an AWS answer: those hold either elements or text, never both. */
export interface XmlElement {
  readonly name: string;
  /** The attributes as they stood, with the space before them. */
  readonly attributes: string;
  children: XmlElement[];
  /** Still escaped. */
  text: string;
}

const token = /<([/?!]?)([^\s/>]*)([^>]*?)(\/?)>|([^<]+)/g;

/**
 * Reads the XML that moto writes: no CDATA, no comments between elements, no mixed content.
 *
 * @throws Error when it is no XML
 */
export function parseXml(source: string): XmlElement {
  const top: XmlElement = { name: "", attributes: "", children: [], text: "" };
  const open = [top];
  for (const [, mark, name = "", attributes = "", selfClosing, text] of source.matchAll(token)) {
    const current = open.at(-1) as XmlElement;
    if (text !== undefined) current.text += text.trim();
    else if (mark === "/") open.pop();
    else if (mark === "") {
      const element = { name, attributes: attributes.trimEnd(), children: [], text: "" };
      current.children.push(element);
      if (selfClosing === "") open.push(element);
    }
    if (open.length === 0) break;
  }
  const [root] = top.children;
  if (open.length !== 1 || root === undefined) throw new Error(`no XML: ${source.slice(0, 200)}`);
  return root;
}

export function formatXml(element: XmlElement): string {
  const content = element.children.map(formatXml).join("") || element.text;
  return `<${element.name}${element.attributes}>${content}</${element.name}>`;
}

/** Builds an element of a nested object: arrays become `<item>`s, undefined nothing. */
export function xmlElement(name: string, content: XmlContent): XmlElement {
  if (typeof content !== "object") {
    return { name, attributes: "", children: [], text: escapeXml(String(content)) };
  }
  const entries: [string, XmlContent | undefined][] = Array.isArray(content)
    ? content.map((each) => ["item", each])
    : Object.entries(content);
  const children = entries.flatMap(([key, value]) =>
    value === undefined ? [] : [xmlElement(key, value)],
  );
  return { name, attributes: "", children, text: "" };
}

export type XmlContent =
  string | number | boolean | XmlContent[] | { [name: string]: XmlContent | undefined };

/** The first child of a name, at each step of a path. */
export function childOf(element: XmlElement, ...path: string[]): XmlElement | undefined {
  let found: XmlElement | undefined = element;
  for (const name of path) found = found?.children.find((each) => each.name === name);
  return found;
}

/** Text at the end of a path; empty when there is none. */
export function textOf(element: XmlElement, ...path: string[]): string {
  return unescapeXml(childOf(element, ...path)?.text ?? "");
}

/** Puts a child in place of that of the same name, or adds it. */
export function setChild(element: XmlElement, name: string, content: XmlContent): void {
  const made = xmlElement(name, content);
  const at = element.children.findIndex((each) => each.name === name);
  if (at === -1) element.children.push(made);
  else element.children[at] = made;
}

/** The items of a list element, at whatever depth lists of that name stand. */
export function itemsOf(element: XmlElement, list: string): XmlElement[] {
  return element.children.flatMap((each) =>
    each.name === list ? each.children.filter(({ name }) => name === "item") : itemsOf(each, list),
  );
}

export function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function unescapeXml(text: string): string {
  const characters: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'" };
  return text
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(/&(lt|gt|quot|apos);/g, (_, name: string) => characters[name] as string)
    .replaceAll("&amp;", "&");
}

/** Every element of a name, at whatever depth. */
export function itemsNamed(element: XmlElement, name: string): XmlElement[] {
  return element.children.flatMap((each) => (each.name === name ? [each] : itemsNamed(each, name)));
}
