// Ways to reach a method: class hierarchies with super, accessors, mixins, Proxy, Reflect, bind, Symbol keys; n: calls.
class Shape { constructor(name) { this.name = name; } area() { return 0; } describe() { return `${this.name}:${this.area().toFixed(1)}`; } get size() { return this.area() | 0; } static create(...given) { return new this(...given); } }
class Circle extends Shape { constructor(r) { super("circle"); this.r = r; } area() { return 3.14159 * this.r ** 2; } }
class Rectangle extends Shape { constructor(w, h, name = "rectangle") { super(name); this.w = w; this.h = h; } area() { return this.w * this.h; } }
class Square extends Rectangle { constructor(side) { super(side, side, "square"); } describe() { return `[${super.describe()}]`; } get size() { return super.size + 1; } }
const Counting = (Base) => class extends Base { static made = 0; #uses = 0; constructor(...given) { super(...given); new.target.made++; } area() { this.#uses++; return super.area(); } get uses() { return this.#uses; } };
class CountedCircle extends Counting(Circle) {}
const kind = Symbol("kind");
class Tagged extends Square { [kind]() { return "tagged"; } static [Symbol.hasInstance](other) { return typeof other?.[kind] === "function"; } [Symbol.toPrimitive](hint) { return hint === "number" ? this.w : `T${this.w}`; } }
function observe(target, log) {
  return new Proxy(target, {
    get(object, key, receiver) { log.get++; const value = Reflect.get(object, key, receiver); return typeof value === "function" ? value.bind(object) : value; },
    set(object, key, value) { log.set++; return Reflect.set(object, key, value); },
    has(object, key) { log.has++; return Reflect.has(object, key); },
  });
}
function main(input) {
  const n = input?.n ?? 25000, log = { get: 0, set: 0, has: 0 };
  CountedCircle.made = 0;
  const shapes = [new Circle(2), Rectangle.create(3, 4), Square.create(5), new CountedCircle(1.5), Reflect.construct(Circle, [3], Square), new Tagged(2)];
  const watched = observe(new Rectangle(2, 3), log), bound = shapes.map((shape) => shape.describe.bind(shape));
  let sum = 0, text = 0;
  for (let i = 0; i < n; i++) {
    const shape = shapes[i % shapes.length];
    sum += shape.size;
    text += (i & 1 ? shape.describe() : bound[i % bound.length]()).length;
    if (i % 4 === 0) { watched.w = i % 10; sum += watched.area(); if ("h" in watched) sum++; }
    if (i % 8 === 0) sum += Reflect.apply(shape.area, shape, []) | 0;
    if (shape instanceof Tagged) sum += +shape + `${shape}`.length;
    if (i % 16 === 0) sum += Reflect.ownKeys(shape).length + Object.getOwnPropertyNames(Object.getPrototypeOf(shape)).length;
    sum += shape?.missing?.() ?? 1;
  }
  return { sum, text, log, made: CountedCircle.made, uses: shapes[3].uses, kinds: shapes.filter((shape) => shape instanceof Tagged).length };
}
