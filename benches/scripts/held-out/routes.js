// Shortest ways over a grid with walls: Dijkstra and A* with a binary heap of tuples, a flood fill, the way as a string; n: side of the grid.
class Queue {
  items = [];
  push(priority, value) {
    const items = this.items;
    let at = items.push([priority, value]) - 1;
    while (at > 0) {
      const up = (at - 1) >>> 1;
      if (items[up][0] <= items[at][0]) break;
      [items[up], items[at]] = [items[at], items[up]];
      at = up;
    }
  }
  pop() {
    const items = this.items, top = items[0], last = items.pop();
    if (items.length > 0) {
      items[0] = last;
      for (let at = 0; ;) {
        let least = at;
        for (const child of [2 * at + 1, 2 * at + 2]) if (child < items.length && items[child][0] < items[least][0]) least = child;
        if (least === at) break;
        [items[least], items[at]] = [items[at], items[least]];
        at = least;
      }
    }
    return top;
  }
}
const STEPS = { U: [0, -1], R: [1, 0], D: [0, 1], L: [-1, 0] };
function search(grid, side, guess) {
  const best = new Map([["0,0", 0]]), from = {}, queue = new Queue();
  let seen = 0;
  queue.push(0, "0,0");
  while (queue.items.length) {
    const [, key] = queue.pop(), [x, y] = key.split(",").map(Number), cost = best.get(key);
    seen++;
    if (x === side - 1 && y === side - 1) break;
    for (const [name, [dx, dy]] of Object.entries(STEPS)) {
      const nx = x + dx, ny = y + dy, price = grid[ny]?.[nx];
      if (price === undefined || price === 9) continue;
      const next = `${nx},${ny}`;
      if (cost + price < (best.get(next) ?? Infinity)) { best.set(next, cost + price); from[next] = [key, name]; queue.push(cost + price + guess(nx, ny), next); }
    }
  }
  let way = "";
  for (let key = `${side - 1},${side - 1}`; from[key]; [key] = from[key]) way = from[key][1] + way;
  return { cost: best.get(`${side - 1},${side - 1}`) ?? -1, seen, way };
}
function flood(grid) {
  const seen = grid.map((row) => row.map(() => false)), todo = [[0, 0]];
  let size = 0;
  while (todo.length) {
    const [x, y] = todo.shift();
    if (grid[y]?.[x] === undefined || grid[y][x] === 9 || seen[y][x]) continue;
    seen[y][x] = true;
    size++;
    for (const step in STEPS) todo.push([x + STEPS[step][0], y + STEPS[step][1]]);
  }
  return size;
}
function main(input) {
  const side = input?.n ?? 40;
  let x = 17;
  const grid = Array.from({ length: side }, (_, r) => Array.from({ length: side }, (_, c) => { x = (Math.imul(x, 134775813) + 1) >>> 0; return (r + c) % (2 * side - 2) && (x >>> 20) % 5 === 0 ? 9 : 1 + (x >>> 16) % 4; }));
  const plain = search(grid, side, () => 0), guided = search(grid, side, (x, y) => 2 * side - 2 - x - y);
  return { cost: plain.cost, agree: plain.cost === guided.cost, seen: [plain.seen > guided.seen, plain.seen], steps: plain.way.length, way: plain.way.slice(0, 20), flood: flood(grid) };
}
