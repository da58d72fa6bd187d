/*
 * What tests ask of a page, by functions that run in it: report.test.ts hands this file to the browser.
 */

/* global atob, Blob, createImageBitmap, document, getComputedStyle, innerWidth, OffscreenCanvas, SVGElement */

const all = (selector) => [...document.querySelectorAll(selector)];

/** Relative luminance of an sRGB colour such as `rgb(1, 2, 3)`. Source: WCAG 2.2. */
function luminance(colour) {
  const [red, green, blue] = colour
    .match(/[\d.]+/g)
    .map((part) => Number(part) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

globalThis.inPage = {
  count: (selector) => all(selector).length,

  texts: (selector) => all(selector).map(({ textContent }) => textContent.trim()),

  scrollWidth: () => document.documentElement.scrollWidth,

  /** Texts that reach out of their pictures. */
  cutTexts: () =>
    all("svg text")
      .filter((text) => {
        const [own, frame] = [text, text.ownerSVGElement].map((one) => one.getBoundingClientRect());
        return (
          own.left < frame.left - 1 ||
          own.right > frame.right + 1 ||
          own.top < frame.top - 1 ||
          own.bottom > frame.bottom + 1
        );
      })
      .map(({ textContent }) => textContent),

  /** Texts whose contrast with the page is below the least that WCAG 2.2 asks for, in 1.4.3. */
  faintTexts: () => {
    const paper = luminance(getComputedStyle(document.body).backgroundColor);
    return all("h1, h2, h3, p, th, td, figcaption, summary, svg text")
      .map((element) => {
        const { color, fill } = getComputedStyle(element);
        return { element, shown: element instanceof SVGElement ? fill : color };
      })
      .filter(({ shown }) => {
        const [low, high] = [luminance(shown), paper].sort((left, right) => left - right);
        return (high + 0.05) / (low + 0.05) < 4.5;
      })
      .map(({ element, shown }) => `${element.textContent}: ${shown}`);
  },

  /** Pictures and tables that reach out of the window on the right. */
  wideParts: () =>
    all("svg, table")
      .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
      .map((one) => one.getAttribute("aria-label") ?? one.textContent.slice(0, 80)),

  heights: (selector) => all(selector).map((one) => one.getBoundingClientRect().height),

  hiddenTables: () =>
    all("table").filter((one) => !one.checkVisibility({ contentVisibilityAuto: true })).length,

  /** Mean brightness of a PNG's pixels, from 0 to 255, and the number of its colours. */
  look: async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    const colours = new Set();
    let sum = 0;
    for (let index = 0; index < data.length; index += 4) {
      const [red, green, blue] = data.subarray(index, index + 3);
      sum += (red + green + blue) / 3;
      colours.add((red << 16) | (green << 8) | blue);
    }
    return { brightness: sum / (data.length / 4), colours: colours.size };
  },
};
