export declare function documentsOf(dir: string): string[];
export declare function tsBlocks(markdown: string): { line: number; code: string }[];
