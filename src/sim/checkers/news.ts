/** Tells which rows were written since they were last seen, so that a long run costs by its changes and not by its rows. */
export class News<Row extends { id: string | number; version: number }> {
  readonly #seen = new Map<Row['id'], number>();

  of(rows: readonly Row[]): readonly Row[] {
    return rows.filter(({ id, version }) => {
      if (this.#seen.get(id) === version) return false;
      this.#seen.set(id, version);
      return true;
    });
  }
}
