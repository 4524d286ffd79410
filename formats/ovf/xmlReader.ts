/** An element of a parsed XML text. Names keep their prefix as written. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** The element's own character data, without that of its children. */
  readonly text: string;
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

/** One token: a comment or declaration, a tag with its attributes, or character data. */
const TOKEN =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<(\/?)([A-Za-z_][\w:.-]*)((?:\s+[A-Za-z_][\w:.-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|[^<]+/gy;
const ATTRIBUTE = /([A-Za-z_][\w:.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

interface OpenElement {
  name: string;
  attributes: Record<string, string>;
  children: XmlElement[];
  text: string;
}

function unescaped(text: string): string {
  return text.replace(/&(?:#x([0-9A-Fa-f]+);|#(\d+);|(\w+);)?/g, (whole, hex, decimal, name) => {
    if (typeof hex === "string") return String.fromCodePoint(parseInt(hex, 16));
    if (typeof decimal === "string") return String.fromCodePoint(parseInt(decimal, 10));
    const value = ENTITIES[String(name)];
    if (value === undefined) throw new SyntaxError(`${whole} is no character reference`);
    return value;
  });
}

function attributesOf(text: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [, name = "", double, single] of text.matchAll(ATTRIBUTE)) {
    if (Object.hasOwn(attributes, name)) throw new SyntaxError(`attribute ${name} is given twice`);
    attributes[name] = unescaped(double ?? single ?? "");
  }
  return attributes;
}

/**
 * Parses the XML that descriptors are made of: elements, attributes, character data, comments and
 * declarations. It reads no document type and no CDATA, which OVF writers do not use, and rejects
 * what is not well-formed (XML 1.0, section 2.1).
 *
 * @returns the root element
 * @throws SyntaxError saying what is wrong and at which character
 */
export function parseXml(source: string): XmlElement {
  const text = source.startsWith("\ufeff") ? source.slice(1) : source;
  const roots: XmlElement[] = [];
  const open: OpenElement[] = [];
  let at = 0;
  try {
    while (at < text.length) {
      TOKEN.lastIndex = at;
      const token = TOKEN.exec(text);
      if (token === null) throw new SyntaxError("this is no tag");
      const [whole, slash, name, attributes = "", empty] = token;
      const innermost = open.at(-1);
      if (name === undefined) {
        if (!whole.startsWith("<")) {
          if (innermost !== undefined) innermost.text += unescaped(whole);
          else if (whole.trim() !== "") throw new SyntaxError("text is outside the root element");
        }
      } else if (slash === "/") {
        if (innermost?.name !== name) throw new SyntaxError(`</${name}> closes no open element`);
        open.pop();
        (open.at(-1)?.children ?? roots).push(innermost);
      } else {
        const started = { name, attributes: attributesOf(attributes), children: [], text: "" };
        if (empty === "/") (innermost?.children ?? roots).push(started);
        else open.push(started);
      }
      at += whole.length;
    }
    const unclosed = open.at(-1);
    if (unclosed !== undefined) throw new SyntaxError(`<${unclosed.name}> is never closed`);
    const root = roots[0];
    if (root === undefined || roots.length > 1) {
      throw new SyntaxError(`there are ${roots.length} root elements where there must be one`);
    }
    return root;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SyntaxError(`not well-formed XML at character ${at}: ${reason}`, { cause: error });
  }
}

/** The descendants reached by following child names, prefixes left aside, from `from`. */
export function descendants(from: XmlElement, ...path: readonly string[]): XmlElement[] {
  return path.reduce<XmlElement[]>(
    (found, name) =>
      found.flatMap(({ children }) => children.filter((child) => localName(child.name) === name)),
    [from],
  );
}

/** A name without its prefix. */
export function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}
