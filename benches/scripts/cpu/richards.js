// A scheduler of tasks and packets, in the style of Richards; n: steps.
var IDLE = 0, WORKER = 1, HANDLER_A = 2, HANDLER_B = 3, DEVICE = 0, WORK = 1;
function Packet(link, id, kind) { this.link = link; this.id = id; this.kind = kind; this.a1 = 0; this.a2 = [0, 0, 0, 0]; }
Packet.prototype.addTo = function (queue) {
  this.link = null;
  if (queue == null) return this;
  var next, x = queue;
  while ((next = x.link) != null) x = next;
  x.link = this;
  return queue;
};
function Task(id, priority, queue, fn, data) {
  this.id = id; this.priority = priority; this.queue = queue; this.fn = fn; this.data = data; this.held = false; this.next = null;
}
function Scheduler() { this.tasks = []; this.list = null; this.queued = 0; this.holds = 0; }
Scheduler.prototype.add = function (t) { t.next = this.list; this.list = t; this.tasks[t.id] = t; };
Scheduler.prototype.send = function (p, to) { this.queued++; var t = this.tasks[to]; p.id = to; t.queue = p.addTo(t.queue); t.held = false; };
Scheduler.prototype.run = function (n) {
  var t = this.list;
  while (n-- > 0) {
    if (t == null) t = this.list;
    if (t.held || (t.queue == null && t.id != IDLE)) { this.holds++; t = t.next; continue; }
    var p = t.queue;
    if (p != null) t.queue = p.link;
    t.fn(this, t, p);
    t = t.next;
  }
};
function main(input) {
  var s = new Scheduler();
  s.add(new Task(IDLE, 0, null, function (s, t) {
    t.data.v = (t.data.v & 1) ? ((t.data.v >> 1) ^ 0xD008) : (t.data.v >> 1);
    s.send(new Packet(null, 0, WORK), (t.data.v & 1) ? HANDLER_A : WORKER);
  }, { v: 1 }));
  s.add(new Task(WORKER, 1000, null, function (s, t, p) {
    for (var i = 0; i < 4; i++) { t.data.n++; if (t.data.n > 26) t.data.n = 1; p.a2[i] = 65 + t.data.n - 1; }
    p.kind = DEVICE;
    s.send(p, HANDLER_B);
  }, { n: 0 }));
  s.add(new Task(HANDLER_A, 2000, null, function (s, t, p) { t.data.c += p.a1 + 1; s.holds++; }, { c: 0 }));
  s.add(new Task(HANDLER_B, 2000, null, function (s, t, p) {
    var x = 0;
    for (var i = 0; i < p.a2.length; i++) x += p.a2[i];
    t.data.c += x;
  }, { c: 0 }));
  s.run(input?.n ?? 120000);
  return s.queued + s.holds + s.tasks[3].data.c;
}
