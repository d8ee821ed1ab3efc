/** A binary heap of (when, who) on typed arrays: nothing is allocated while it runs. */
export class DueQueue {
  private when = new Float64Array(64);
  private who = new Int32Array(64);
  private count = 0;

  /** Time of the earliest entry; Infinity where there is none. */
  earliest(): number {
    return this.count === 0 ? Number.POSITIVE_INFINITY : (this.when[0] as number);
  }

  push(when: number, who: number): void {
    if (this.count === this.when.length) this.grow();
    let i = this.count++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if ((this.when[parent] as number) <= when) break;
      this.move(parent, i);
      i = parent;
    }
    this.when[i] = when;
    this.who[i] = who;
  }

  /** Takes the earliest entry out and tells who it is; call `earliest` first for its time. */
  pop(): number {
    const top = this.who[0] as number;
    const last = --this.count;
    const when = this.when[last] as number;
    let i = 0;
    for (let child = 1; child < last; child = 2 * i + 1) {
      if (child + 1 < last && (this.when[child + 1] as number) < (this.when[child] as number)) child++;
      if ((this.when[child] as number) >= when) break;
      this.move(child, i);
      i = child;
    }
    this.when[i] = when;
    this.who[i] = this.who[last] as number;
    return top;
  }

  private move(from: number, to: number): void {
    this.when[to] = this.when[from] as number;
    this.who[to] = this.who[from] as number;
  }

  private grow(): void {
    const when = new Float64Array(this.when.length * 2);
    const who = new Int32Array(this.who.length * 2);
    when.set(this.when);
    who.set(this.who);
    this.when = when;
    this.who = who;
  }
}
