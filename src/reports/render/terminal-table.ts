import Table from "cli-table3";
import type { ReportTable } from "../model.ts";
import { oneLine } from "./clean.ts";
import { wrap } from "./wrap.ts";

/** A table in at most `columns` characters; one that is wider becomes a paragraph a row, which can be wrapped. */
export function terminalTable(table: ReportTable, columns: number): string {
  const drawn = new Table({
    head: table.columns.map(({ title }) => oneLine(title)),
    colAligns: table.columns.map(({ align }) => align),
    style: { head: [], border: [], compact: true },
  });
  drawn.push(...table.rows.map((row) => row.map(oneLine)));
  const text = drawn.toString();
  return text.slice(0, text.indexOf("\n")).length <= columns ? text : asParagraphs(table, columns);
}

function asParagraphs(table: ReportTable, columns: number): string {
  return table.rows
    .map((row) => {
      const [first = "", ...others] = row.map(oneLine);
      const named = others.map((cell, index) => `${oneLine(table.columns[index + 1]?.title ?? "")} ${cell}`);
      return [...wrap(first, columns, "  "), ...wrap(named.join(", "), columns, "    ")].join("\n");
    })
    .join("\n");
}
