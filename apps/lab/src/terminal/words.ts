/** What is written in capitals, in the middle of a name too. */
const capitals: Readonly<Record<string, string>> = { auc: 'AUC', f1: 'F1', hamming: 'Hamming' };

/** A measure's name as people read it: `oracleCalls` as `oracle calls`, `worstAuc` as `worst AUC`. */
export function words(name: string): string {
  return name
    .replace(/(?<=[a-z\d])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .split(' ')
    .map((word) => capitals[word.toLowerCase()] ?? word)
    .join(' ');
}
