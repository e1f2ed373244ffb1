export declare function eagerBytes(entry: string): Promise<number>;
