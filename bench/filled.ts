/** A page with each table between its two comments, `<!-- table: lags -->` and `<!-- end -->`. */
export function filled(page: string, tables: Readonly<Record<string, string>>): string {
  return page.replace(/(<!-- table: (.+?) -->\n).*?(<!-- end -->)/gs, (_, open, name, close) => {
    const table = tables[name];
    if (table === undefined) throw new Error(`there is no table "${name}"`);
    return `${open}\n${table}\n\n${close}`;
  });
}
