/**
 * The area under the ROC curve: how often a positive has the larger score than a negative; ties count half. NaN without one of both.
 */
export function areaUnderCurve(scores: ArrayLike<number>, positive: ArrayLike<boolean | number>): number {
  const order = Array.from(scores, (score, i) => ({ score, positive: Boolean(positive[i]) })).sort(
    (a, b) => a.score - b.score,
  );
  // Mann and Whitney: from the ranks' sum of the positives, ties at their mean rank
  let [sum, count] = [0, 0];
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && order[to]?.score === order[from]?.score) to++;
    const positives = order.slice(from, to).filter((one) => one.positive).length;
    sum += (positives * (from + to + 1)) / 2;
    count += positives;
    from = to;
  }
  return (sum - (count * (count + 1)) / 2) / (count * (order.length - count));
}
