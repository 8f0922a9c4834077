/**
 * Numbers what is asked, so that the answer to an earlier question never takes the place of a later one's.
 *
 * @returns called when something is asked, a function to be called with its answer: whether that one still counts
 */
export function inOrder(): () => () => boolean {
  let asked = 0;
  let answered = 0;
  return () => {
    const mine = ++asked;
    return () => {
      if (mine < answered) return false;
      answered = mine;
      return true;
    };
  };
}
