/** The part of jsfive that is used; it has no types of its own. */
declare module "jsfive" {
  export interface Dataset {
    readonly shape: number[];
    readonly dtype: unknown;
    readonly value: ArrayLike<unknown> | undefined;
  }
  export class Group {
    readonly keys: string[];
    readonly attrs: Record<string, unknown>;
    get(path: string): Group | Dataset | null;
  }
  export class File extends Group {
    constructor(buffer: ArrayBufferLike, name: string);
  }
}
