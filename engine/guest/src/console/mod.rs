//! `console`.
use ampoule_abi::Op;
use boa_engine::{Context, JsResult, JsValue};
use crate::door;

/// state
#[derive(Default)]
pub(crate) struct Console {}

pub(crate) fn install(_: &mut Context) -> JsResult<()> { Ok(()) }
pub(crate) fn inspect(value: &JsValue, _: &mut Context) -> String { value.display().to_string() }
pub(crate) fn warn(text: &str, _: &mut Context) {
    let mut m = vec![3]; m.extend(text.as_bytes());
    door::call(Op::Log, &m);
}
