import { Html, html } from "./html";

type Content = Html | number | string;
type Cell = Content | { readonly content: Content; readonly className: string };
type Row = readonly Cell[] | { readonly cells: readonly Cell[]; readonly className: string };

/** A column by its title; numbers are set to the right. */
export interface Column {
  readonly title: string;
  readonly isNumeric: boolean;
}
export const text = (title: string): Column => ({ title, isNumeric: false });
export const numeric = (title: string): Column => ({ title, isNumeric: true });

const classOf = (className: string): Html =>
  className === "" ? html`` : html` class="${className}"`;

export function tableHead(columns: readonly Column[]): Html {
  const titles = columns.map(
    ({ isNumeric, title }) =>
      html`<th scope="col" ${classOf(isNumeric ? "number" : "")}>${title}</th>`,
  );
  return html`<thead>
    <tr>
      ${titles}
    </tr>
  </thead>`;
}

/** A table whose rows begin with what they are about; without columns it has no head. */
export function table(columns: readonly Column[], rows: readonly Row[]): Html {
  const body = rows.map((row) => {
    const { cells, className } = "cells" in row ? row : { cells: row, className: "" };
    const shown = cells.map((cell, index) => {
      const { className: own, content } =
        typeof cell === "object" && "content" in cell
          ? cell
          : { className: columns[index]?.isNumeric === true ? "number" : "", content: cell };
      return index === 0
        ? html`<th scope="row">${content}</th>`
        : html`<td${classOf(own)}>${content}</td>`;
    });
    return html`<tr${classOf(className)}>
      ${shown}
    </tr>`;
  });
  return html`<div class="scroll">
    <table>
      ${columns.length === 0 ? html`` : tableHead(columns)}
      <tbody>
        ${body}
      </tbody>
    </table>
  </div>`;
}
