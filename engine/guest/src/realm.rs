//! The realm that scripts run in: Boa's built-ins and ours, and what our natives share.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use boa_engine::{
    Context, JsObject, JsResult, JsValue, NativeFunction, Source,
    builtins::promise::{OperationType, Promise},
    context::{ContextBuilder, HostHooks},
    js_string,
    object::{FunctionObjectBuilder, builtins::JsFunction},
    property::{PropertyDescriptor, PropertyKey},
};

use crate::{
    capabilities, capabilities::Powers, clock::HostClock, console, console::Console, errors, microtasks::Microtasks, modules::Libraries,
    operations::Operations,
};
use crate::{random::Random, signal::Signal, timers, timers::Timers, web, web::Web};

/// Calls under way, of which the host's Wasm stack (24 MiB) and our shadow stack must hold the worst kind: those
/// through built-ins, each of which enters the interpreter anew.
const MAX_CALL_DEPTH: usize = 2_000;
/// Values on the interpreter's stack, 8 bytes each. Far from what [`MAX_CALL_DEPTH`] calls of ordinary functions need: it
/// stops calls with hundreds of thousands of arguments.
const MAX_STACK_VALUES: usize = 1024 * 1024;

/// Room that recursion leaves on our stack for what does not recurse; the stack begins at address 0. With the patches to Boa, going
/// deeper is a `RangeError`; without them it traps.
#[cfg(boa_patched)]
const STACK_FLOOR: usize = 256 << 10;

/// What our natives share.
pub(crate) struct Bindings {
    pub(crate) clock: Rc<HostClock>,
    pub(crate) random: Random,
    pub(crate) operations: Operations,
    pub(crate) timers: Timers,
    pub(crate) console: Console,
    pub(crate) rejections: Rc<Rejections>,
    pub(crate) libraries: Rc<Libraries>,
    pub(crate) originals: Originals,
    pub(crate) web: Web,
    pub(crate) powers: Powers,
    pub(crate) signal: Signal,
}

/// Built-in functions as they were before any script could replace them.
pub(crate) struct Originals {
    /// `Object.keys`, for proxies, whose traps only it may call.
    pub(crate) object_keys: JsObject,
    /// `Array.isArray`, which looks through proxies.
    pub(crate) is_array: JsObject,
    /// The getter of `Error.prototype.stack`.
    pub(crate) stack: JsObject,
    /// The getter of `RegExp.prototype.unicodeSets`.
    pub(crate) unicode_sets: JsObject,
    pub(crate) parse_int: JsObject,
    pub(crate) parse_float: JsObject,
}

/// Rejected promises that nothing handles so far.
#[derive(Default)]
pub(crate) struct Rejections {
    /// In their order.
    unhandled: RefCell<BTreeMap<u64, Rejected>>,
    count: Cell<u64>,
    /// Handled after their listeners were told that they are not.
    late: RefCell<Vec<JsObject>>,
}

struct Rejected {
    promise: JsObject,
    /// Listeners heard of it, or there was none when they would have.
    told: bool,
    /// A listener said that it is dealt with: it is not logged.
    settled: bool,
}

impl Rejections {
    /// Those that nobody dealt with, in their order.
    pub(crate) fn take(&self) -> Vec<JsObject> {
        self.unhandled.take().into_values().filter(|rejected| !rejected.settled).map(|rejected| rejected.promise).collect()
    }

    /// Whether there is nothing to tell.
    pub(crate) fn is_empty(&self) -> bool {
        self.unhandled.borrow().is_empty() && self.late.borrow().is_empty()
    }

    /// Those of which listeners are to be told, other than `except`, by number. They are told once.
    pub(crate) fn untold(&self, except: &[JsObject]) -> Vec<(u64, JsObject)> {
        let mut unhandled = self.unhandled.borrow_mut();
        let fresh = unhandled
            .iter_mut()
            .filter(|(_, rejected)| !rejected.told && !except.iter().any(|other| JsObject::equals(other, &rejected.promise)));
        let tell = |(number, rejected): (&u64, &mut Rejected)| {
            rejected.told = true;
            (*number, rejected.promise.clone())
        };
        fresh.map(tell).collect()
    }

    /// Whether nothing has handled it yet.
    pub(crate) fn is_unhandled(&self, number: u64) -> bool {
        self.unhandled.borrow().contains_key(&number)
    }

    /// A listener said that it is dealt with.
    pub(crate) fn settle(&self, number: u64) {
        if let Some(rejected) = self.unhandled.borrow_mut().get_mut(&number) {
            rejected.settled = true;
        }
    }

    /// Those that were handled after listeners were told of them.
    pub(crate) fn late(&self) -> Vec<JsObject> {
        self.late.take()
    }

    /// The submitter is told of this one in another way.
    pub(crate) fn forget(&self, promise: &JsObject) {
        self.remove(promise);
    }

    fn remove(&self, promise: &JsObject) -> Option<Rejected> {
        let mut unhandled = self.unhandled.borrow_mut();
        // Most are handled soon after: look from the end.
        let number =
            unhandled.iter().rev().find(|(_, rejected)| JsObject::equals(&rejected.promise, promise)).map(|(number, _)| *number)?;
        unhandled.remove(&number)
    }
}

impl HostHooks for Rejections {
    fn promise_rejection_tracker(&self, promise: &JsObject<Promise>, operation: OperationType, _: &mut Context) {
        let promise = promise.clone().upcast();
        match operation {
            OperationType::Reject => {
                let number = self.count.get();
                self.count.set(number + 1);
                self.unhandled.borrow_mut().insert(number, Rejected { promise, told: false, settled: false });
            }
            OperationType::Handle => {
                if self.remove(&promise).is_some_and(|rejected| rejected.told) {
                    self.late.borrow_mut().push(promise);
                }
            }
        }
    }

    /// Local time is UTC everywhere, so that a script computes the same on every machine.
    fn local_timezone_offset_seconds(&self, _: i64) -> i32 {
        0
    }
}

/// What the natives of `context` share.
pub(crate) fn bindings(context: &Context) -> Rc<Bindings> {
    Rc::clone(context.get_data::<Rc<Bindings>>().expect("`build` put it there"))
}

/// A context with everything that a script may find in its globals. Asks nothing of the host.
pub(crate) fn build() -> Context {
    let clock = Rc::new(HostClock::default());
    let rejections = Rc::new(Rejections::default());
    let libraries = Rc::new(Libraries::default());
    let mut context = ContextBuilder::new()
        .clock(Rc::clone(&clock))
        .host_hooks(Rc::clone(&rejections))
        .module_loader(Rc::clone(&libraries))
        .job_executor(Rc::new(Microtasks::default()))
        // `Atomics.wait` throws: no other agent could ever wake the sandbox.
        .can_block(false)
        .build()
        .expect("the realm of a fresh context");
    let limits = context.runtime_limits_mut();
    limits.set_recursion_limit(MAX_CALL_DEPTH);
    limits.set_stack_size_limit(MAX_STACK_VALUES);
    #[cfg(boa_patched)]
    boa_engine::ast::native_stack::set_floor(STACK_FLOOR);
    let bindings = Bindings {
        clock,
        random: Random::default(),
        operations: Operations::default(),
        timers: Timers::default(),
        console: Console::default(),
        rejections,
        libraries,
        originals: Originals::find(&mut context),
        web: Web::default(),
        powers: Powers::default(),
        signal: Signal::default(),
    };
    context.insert_data(Rc::new(bindings));
    install(&mut context).expect("globals of a fresh realm can be defined");
    context
}

impl Originals {
    fn find(context: &mut Context) -> Self {
        let constructors = context.intrinsics().constructors();
        let (object, array) = (constructors.object().constructor(), constructors.array().constructor());
        let stack = getter(&constructors.error().prototype(), "stack");
        let unicode_sets = getter(&constructors.regexp().prototype(), "unicodeSets");
        let global = context.global_object();
        let mut function = |object: &JsObject, name| {
            let value = object.get(name, context).expect("a fresh realm has no getters that throw");
            value.as_callable().expect("a built-in function of a fresh realm")
        };
        Self {
            object_keys: function(&object, js_string!("keys")),
            is_array: function(&array, js_string!("isArray")),
            stack,
            unicode_sets,
            parse_int: function(&global, js_string!("parseInt")),
            parse_float: function(&global, js_string!("parseFloat")),
        }
    }
}

fn getter(prototype: &JsObject, name: &str) -> JsObject {
    let property = prototype.borrow().properties().get(&PropertyKey::from(js_string!(name)));
    property.and_then(|property| property.get()?.as_callable()).expect("a built-in getter of a fresh realm")
}

fn install(context: &mut Context) -> JsResult<()> {
    // Boa leaves the abstract `%TypedArray%` among the globals.
    context.global_object().delete_property_or_throw(js_string!("TypedArray"), context)?;
    console::install(context)?;
    timers::install(context)?;
    errors::install(context)?;
    // Without it only to measure what it costs.
    if cfg!(not(without_web)) {
        web::install(context)?;
    }
    capabilities::install(context)?;
    let math = context.global_object().get(js_string!("Math"), context)?.as_object().expect("`Math` of a fresh realm");
    let random = function(NativeFunction::from_fn_ptr(random), "random", 0, context);
    math.define_property_or_throw(js_string!("random"), hidden(random.into()), context)?;
    Ok(())
}

fn random(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Ok(bindings(context).random.unit().into())
}

/// A built-in function object.
pub(crate) fn function(native: NativeFunction, name: &str, length: usize, context: &Context) -> JsFunction {
    FunctionObjectBuilder::new(context.realm(), native).name(js_string!(name)).length(length).build()
}

/// A property with the attributes of built-in methods.
pub(crate) fn hidden(value: JsValue) -> PropertyDescriptor {
    PropertyDescriptor::builder().value(value).writable(true).enumerable(false).configurable(true).build()
}

/// Runs a little of everything that is built when first used, so that it is there in every sandbox. Leaves no trace that a
/// script could see, and asks nothing of the host.
pub(crate) fn warm_up(context: &mut Context) {
    const SCRIPT: &str = include_str!("warm_up.js");
    let value = context.eval(Source::from_bytes(SCRIPT)).expect("our own script");
    context.run_jobs().expect("our own script");
    drop(value);
}
