import { expect } from "chai";
import { inOrder } from "../../web/src/in-order.ts";

describe("answers in the order of what was asked", () => {
  it("count until a later one's has come", () => {
    const ask = inOrder();
    const [first, second, third] = [ask(), ask(), ask()];
    expect(first()).to.equal(true);
    expect(third()).to.equal(true);
    expect(second()).to.equal(false);
    expect(ask()()).to.equal(true);
  });
});
