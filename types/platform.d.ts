
// ---- Console

interface Console {
  assert(condition?: boolean, ...data: any[]): void;
  /** Does nothing. */
  clear(): void;
  count(label?: string): void;
  countReset(label?: string): void;
  debug(...data: any[]): void;
  dir(item?: any, options?: any): void;
  dirxml(...data: any[]): void;
  error(...data: any[]): void;
  group(...data: any[]): void;
  groupCollapsed(...data: any[]): void;
  groupEnd(): void;
  info(...data: any[]): void;
  log(...data: any[]): void;
  table(tabularData: any, properties?: readonly string[]): void;
  time(label?: string): void;
  timeEnd(label?: string): void;
  timeLog(label?: string, ...data: any[]): void;
  /** Does nothing. */
  timeStamp(label?: string): void;
  trace(...data: any[]): void;
  warn(...data: any[]): void;
}
/** Its lines are in the run's report, and in the job's log. */
declare const console: Console;

// ---- Timers. A run ends with its entry: it does not wait for them.

declare function setTimeout<Arguments extends any[]>(callback: (...args: Arguments) => void, delay?: number, ...args: Arguments): number;
declare function setInterval<Arguments extends any[]>(callback: (...args: Arguments) => void, delay?: number, ...args: Arguments): number;
declare function clearTimeout(id?: number): void;
declare function clearInterval(id?: number): void;
declare function queueMicrotask(callback: () => void): void;

// ---- The global object

declare const self: typeof globalThis;
declare function reportError(error: any): void;
declare function addEventListener<Name extends keyof GlobalEvents>(type: Name, callback: ((event: GlobalEvents[Name]) => void) | EventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
declare function addEventListener(type: string, callback: EventListenerOrObject | null, options?: boolean | AddEventListenerOptions): void;
declare function removeEventListener(type: string, callback: EventListenerOrObject | ((event: any) => void) | null, options?: boolean | EventListenerOptions): void;
declare function dispatchEvent(event: Event): boolean;
interface GlobalEvents {
  error: ErrorEvent;
  unhandledrejection: PromiseRejectionEvent;
  rejectionhandled: PromiseRejectionEvent;
}
declare var onerror: ((message: string, file: string, line: number, column: number, error: any) => any) | null;
declare var onunhandledrejection: ((event: PromiseRejectionEvent) => any) | null;
declare var onrejectionhandled: ((event: PromiseRejectionEvent) => any) | null;

/** Time begins at the first look, and stands still between two calls of the host. */
declare class Performance extends EventTarget {
  private constructor();
  readonly timeOrigin: number;
  now(): number;
  toJSON(): any;
}
declare const performance: Performance;

declare class Navigator {
  private constructor();
  readonly userAgent: string;
}
declare const navigator: Navigator;

declare function structuredClone<T>(value: T, options?: StructuredSerializeOptions): T;
interface StructuredSerializeOptions {
  transfer?: readonly ArrayBuffer[];
}
