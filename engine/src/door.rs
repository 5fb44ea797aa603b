//! The one door between script and host: every request of a guest comes in here, and here it is answered.

use ampoule_abi::{CallAnswer, CallRequest, Contents, IMPORT_MODULE, IMPORT_NAME, Malformed, Op, Operation};
use ampoule_host_api::{Answer, Body, Failure};
use ampoule_protocol::LogLevel;
use wasmtime::{Caller, Engine, Linker, Memory};

use crate::{memory, meter, operations::Given, sandbox::State, verdict::Stop};

/// The levels of [`Op::Log`], by number.
const LEVELS: [LogLevel; ampoule_abi::LOG_LEVELS as usize] =
    [LogLevel::Debug, LogLevel::Log, LogLevel::Info, LogLevel::Warn, LogLevel::Error];

/// The guest's only import.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    linker.func_wrap_async(IMPORT_MODULE, IMPORT_NAME, |caller, (op, ptr, len)| Box::new(host_call(caller, op, ptr, len)))?;
    Ok(linker)
}

async fn host_call(mut caller: Caller<'_, State>, op: u32, ptr: u32, len: u32) -> wasmtime::Result<u64> {
    // No memory: the call came before the sandbox was complete, which the guest has no way to do.
    let memory = caller.data().memory.ok_or(Stop::Malformed("a host call before the start"))?;
    let op = memory::op(op).map_err(Stop::from)?;
    if op == Op::Fuel {
        meter::next_slice(&mut caller).await?;
        return Ok(0);
    }
    answer(&mut caller, memory, op, ptr, len).map_err(wasmtime::Error::from)
}

fn answer(caller: &mut Caller<'_, State>, memory: Memory, op: Op, ptr: u32, len: u32) -> Result<u64, Stop> {
    caller.data_mut().touched |= !matches!(op, Op::Log | Op::Panic | Op::Fuel);
    match op {
        Op::Log => {
            let (bytes, state) = memory.data_and_store_mut(caller);
            let message = bytes
                .get(ptr as usize..)
                .and_then(|rest| rest.get(..len as usize))
                .ok_or(Malformed("a message outside the guest's memory"))?;
            let (level, text) = message.split_first().ok_or(Malformed("an empty log message"))?;
            let level = *LEVELS.get(usize::from(*level)).ok_or(Malformed("unknown log level"))?;
            state.capabilities.console.write(level, &String::from_utf8_lossy(text));
            Ok(0)
        }
        Op::Clock => {
            let state = caller.data_mut();
            state.tape.clock(state.capabilities.clock).map(f64::to_bits)
        }
        Op::Random => {
            let state = caller.data_mut();
            state.tape.random(&mut state.capabilities.random)
        }
        Op::Start => {
            count(caller.data_mut())?;
            let operation = Operation::decode(memory::read(memory, &*caller, ptr, len)?)?;
            let state = caller.data_mut();
            Ok(match operation {
                Operation::Sleep { ms } => {
                    if !state.tape.begins(|| format!("sleep {ms}"), &[])? {
                        return Ok(state.operations.pass().into());
                    }
                    let sleep = state.capabilities.timer.sleep(ms).map_err(|_| Malformed("a sleep of no length"))?;
                    state.operations.start(async move {
                        sleep.await;
                        Ok(Given::default())
                    })
                }
                Operation::Ending => {
                    if !state.tape.begins(|| "ending".to_owned(), &[])? {
                        return Ok(state.operations.pass().into());
                    }
                    let ending = state.meter.ending();
                    state.operations.start(async move { Ok(Given { head: ending.await.encode(), contents: Vec::new() }) })
                }
            }
            .into())
        }
        Op::Call => {
            count(caller.data_mut())?;
            let (bytes, state) = memory.data_and_store_mut(caller);
            let message = bytes.get(ptr as usize..).and_then(|rest| rest.get(..len as usize));
            let request = CallRequest::decode(message.ok_or(Malformed("a call outside the guest's memory"))?)?;
            if !state.tape.begins(|| format!("{} {}", request.method, request.args), request.body)? {
                return Ok(state.operations.pass().into());
            }
            let calling = state.capabilities.granted.call(request.method, request.args, request.body.to_vec());
            let id = state.operations.start(async move { calling.await.map(given).map_err(|failure| failed(&failure)) });
            Ok(id.into())
        }
        Op::ReadEnv => {
            let name = String::from_utf8_lossy(memory::read(memory, &*caller, ptr, len)?).into_owned();
            caller.data_mut().capabilities.granted.read_env(&name);
            Ok(0)
        }
        Op::Abandon => {
            let message = memory::read(memory, &*caller, ptr, len)?;
            let id = ampoule_abi::Reader::new(message).u32()?;
            caller.data_mut().operations.abandon(id);
            Ok(0)
        }
        // Answered before: it alone may wait.
        Op::Fuel => Ok(0),
        Op::Panic => {
            let text = String::from_utf8_lossy(memory::read(memory, &*caller, ptr, len)?).into_owned();
            caller.data_mut().panic = Some(text);
            Ok(0)
        }
    }
}

fn given(answer: Answer) -> Given {
    let value = answer.value.to_string();
    let body = match &answer.body {
        Body::None => Contents::None,
        Body::Text(text) => Contents::Text(text),
        Body::Bytes(bytes) => Contents::Bytes(bytes),
    };
    let head = CallAnswer { value: &value, body }.head();
    let contents = match answer.body {
        Body::None => Vec::new(),
        Body::Text(text) => text.into_bytes(),
        Body::Bytes(bytes) => bytes,
    };
    Given { head, contents }
}

/// Name and code in one, as the guest takes them apart; and the message.
fn failed(failure: &Failure) -> (String, String) {
    (format!("{}/{}", failure.name, failure.code), failure.message.clone())
}

/// Counts a call against the limit. Reading the clock and writing the log are not counted: they have bounds of their own.
fn count(state: &mut State) -> Result<(), Stop> {
    if state.host_calls >= state.max_host_calls {
        return Err(Stop::HostCalls);
    }
    state.host_calls += 1;
    Ok(())
}

impl From<Malformed> for Stop {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed.0)
    }
}
