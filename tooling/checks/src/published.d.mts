export interface Packed {
  readonly manifest: { readonly name: string };
  readonly tarballs: ReadonlyMap<string, string>;
}
export declare function checkPublint(packed: Packed): Promise<string[]>;
export declare function checkTypes(packed: Packed): Promise<string[]>;
