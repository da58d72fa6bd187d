/** A value in an XML document: a text, members by name, or a list. */
export type XmlValue =
  | boolean
  | number
  | string
  | readonly XmlValue[]
  | { readonly [name: string]: XmlValue | undefined };

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** An element with its content; several for a list. */
export function xml(name: string, value: XmlValue | undefined, attributes = ""): string {
  if (value === undefined) {
    return "";
  }
  if (Array.isArray(value)) {
    return (value as readonly XmlValue[]).map((one) => xml(name, one)).join("");
  }
  const inside =
    typeof value === "object"
      ? Object.entries(value)
          .map(([key, member]) => xml(key, member))
          .join("")
      : String(value).replace(/[&<>\p{Cc}]/gu, (one) => entities[one] ?? `&#${one.charCodeAt(0)};`);
  return `<${name}${attributes}>${inside}</${name}>`;
}

/** The texts of all elements with a name. */
export function textsOf(document: string, name: string): readonly string[] {
  const found = document.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"));
  return [...found].map(([, text = ""]) =>
    text
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&quot;", '"')
      .replaceAll("&apos;", "'")
      .replace(/&#(x?)([0-9a-f]+);/gi, (_all, hex: string, code: string) =>
        String.fromCodePoint(parseInt(code, hex === "" ? 10 : 16)),
      )
      .replaceAll("&amp;", "&"),
  );
}
