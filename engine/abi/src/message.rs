use crate::{Malformed, Reader, Writer};

/// How a script's source is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A module if it imports or exports, a plain script otherwise; an entry is called.
    Entry,
    /// A plain script whose completion value is the result; no entry is called.
    Evaluate,
}

/// A library that comes with a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Library<'a> {
    /// Its name after `lib:`, or `NAME@VERSION`: one by the name alone, if another library has that name and comes first.
    pub name: &'a str,
    /// Its source.
    pub source: &'a str,
}

/// A module that the script or one of its libraries imports by a path. It is parsed when it is first imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Module<'a> {
    /// Whose it is: a library's [`name`](Library::name); empty for the script's.
    pub of: &'a str,
    /// Its path from the root of the script or library, such as `lib/money.js`.
    pub path: &'a str,
    /// Its source.
    pub source: &'a str,
}

/// A line of an import map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Import<'a> {
    /// Whose import map it is in; see [`Module::of`].
    pub of: &'a str,
    /// A bare name, or a prefix that ends in `/`.
    pub name: &'a str,
    /// `lib:NAME`, or `./PATH` from the root.
    pub target: &'a str,
}

/// Parse a script and its libraries and run the top level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadRequest<'a> {
    /// How to take the source.
    pub mode: Mode,
    /// Name in stack traces.
    pub name: &'a str,
    /// The source.
    pub source: &'a str,
    /// Its libraries.
    pub libraries: Vec<Library<'a>>,
    /// Modules of the script and of the libraries.
    pub modules: Vec<Module<'a>>,
    /// Import maps of the script and of the libraries.
    pub imports: Vec<Import<'a>>,
}

/// Call the entry of the loaded script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunRequest<'a> {
    /// Which function; empty means the default.
    pub entry: &'a str,
    /// First argument, JSON text.
    pub input: &'a str,
    /// JSON object `{jobId, attempt, script, context}` from which the third argument is made.
    pub context: &'a str,
}

/// Deliver completed operations and go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResumeRequest<'a> {
    /// In the order in which they completed.
    pub completed: Vec<Completed<'a>>,
}

/// One completed operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Completed<'a> {
    /// Its id.
    pub id: u32,
    /// It failed: `result` is the error's name and message, as two fields.
    pub failed: bool,
    /// What it gave, in the operation's own encoding; empty for a sleep.
    pub result: &'a [u8],
    /// The rest of the same: what may be large is not copied before.
    pub rest: &'a [u8],
}

/// What the guest answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply<'a> {
    /// The script is loaded.
    Loaded,
    /// The entry's value as JSON text.
    Returned(&'a str),
    /// The script, or our check of its value, threw.
    Threw {
        /// The error's name; empty for a thrown value that is no error.
        name: &'a str,
        /// Its message, or the value's text.
        message: &'a str,
        /// Its call frames, a line each.
        stack: &'a str,
    },
    /// Waits for an operation. `pending` of them are under way.
    Pending {
        /// How many operations are under way.
        pending: u32,
    },
    /// The engine's own check found the stack exhausted where the script could not catch it.
    StackExhausted {
        /// Call frames, a line each.
        stack: &'a str,
    },
}

/// Something that takes time, begun by [`Op::Start`](crate::Op::Start).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operation {
    /// Completes after so many milliseconds.
    Sleep {
        /// Not negative, not NaN.
        ms: f64,
    },
    /// Completes with an [`Ending`] when the run is to end soon; a run that began it gets a moment when it is cancelled.
    Ending,
}

/// Why a run is to end soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It is cancelled.
    Cancelled,
    /// Its wall time is nearly over.
    WallTime,
}

impl Ending {
    /// As the guest reads it.
    pub fn encode(self) -> Vec<u8> {
        vec![match self {
            Self::Cancelled => 0,
            Self::WallTime => 1,
        }]
    }

    /// Reads what [`encode`](Self::encode) wrote.
    pub fn decode(result: &[u8]) -> Result<Self, Malformed> {
        match result {
            [0] => Ok(Self::Cancelled),
            [1] => Ok(Self::WallTime),
            _ => Err(Malformed("unknown ending")),
        }
    }
}

impl<'a> LoadRequest<'a> {
    /// As the guest reads it.
    pub fn encode(&self) -> Vec<u8> {
        let libraries: usize = self.libraries.iter().map(|l| l.name.len() + l.source.len() + 8).sum();
        let modules: usize = self.modules.iter().map(|m| m.of.len() + m.path.len() + m.source.len() + 12).sum();
        let imports: usize = self.imports.iter().map(|i| i.of.len() + i.name.len() + i.target.len() + 12).sum();
        let mut w = Writer::with_capacity(self.name.len() + self.source.len() + libraries + modules + imports + 24);
        w.byte(match self.mode {
            Mode::Entry => 0,
            Mode::Evaluate => 1,
        });
        w.field(self.name.as_bytes());
        w.field(self.source.as_bytes());
        w.u32(self.libraries.len() as u32);
        for library in &self.libraries {
            w.field(library.name.as_bytes());
            w.field(library.source.as_bytes());
        }
        let mut triples = |triples: &mut dyn ExactSizeIterator<Item = [&str; 3]>| {
            w.u32(triples.len() as u32);
            triples.for_each(|triple| triple.iter().for_each(|text| w.field(text.as_bytes())));
        };
        triples(&mut self.modules.iter().map(|m| [m.of, m.path, m.source]));
        triples(&mut self.imports.iter().map(|i| [i.of, i.name, i.target]));
        w.finish()
    }

    /// Reads what [`encode`](Self::encode) wrote.
    pub fn decode(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut r = Reader::new(message);
        let mode = match r.byte()? {
            0 => Mode::Entry,
            1 => Mode::Evaluate,
            _ => return Err(Malformed("unknown mode")),
        };
        let (name, source) = (r.text()?, r.text()?);
        let libraries = (0..r.u32()?).map(|_| Ok(Library { name: r.text()?, source: r.text()? })).collect::<Result<_, Malformed>>()?;
        let modules =
            (0..r.u32()?).map(|_| Ok(Module { of: r.text()?, path: r.text()?, source: r.text()? })).collect::<Result<_, Malformed>>()?;
        let imports =
            (0..r.u32()?).map(|_| Ok(Import { of: r.text()?, name: r.text()?, target: r.text()? })).collect::<Result<_, Malformed>>()?;
        r.end()?;
        Ok(Self { mode, name, source, libraries, modules, imports })
    }
}

impl<'a> RunRequest<'a> {
    /// As the guest reads it.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(self.entry.len() + self.input.len() + self.context.len() + 12);
        w.field(self.entry.as_bytes());
        w.field(self.input.as_bytes());
        w.field(self.context.as_bytes());
        w.finish()
    }

    /// Reads what [`encode`](Self::encode) wrote.
    pub fn decode(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut r = Reader::new(message);
        let request = Self { entry: r.text()?, input: r.text()?, context: r.text()? };
        r.end()?;
        Ok(request)
    }
}

impl<'a> ResumeRequest<'a> {
    /// As the guest reads it.
    pub fn encode(&self) -> Vec<u8> {
        let room = self.completed.iter().map(|done| 9 + done.result.len() + done.rest.len()).sum::<usize>();
        let mut w = Writer::with_capacity(4 + room);
        w.u32(self.completed.len() as u32);
        for done in &self.completed {
            w.u32(done.id);
            w.byte(done.failed.into());
            w.halves(done.result, done.rest);
        }
        w.finish()
    }

    /// Reads what [`encode`](Self::encode) wrote.
    pub fn decode(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut r = Reader::new(message);
        let completed = (0..r.u32()?)
            .map(|_| Ok(Completed { id: r.u32()?, failed: r.byte()? != 0, result: r.field()?, rest: &[] }))
            .collect::<Result<_, Malformed>>()?;
        r.end()?;
        Ok(Self { completed })
    }
}

impl<'a> Reply<'a> {
    /// As the host reads it.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        match self {
            Self::Loaded => w.byte(0),
            Self::Returned(json) => {
                w = Writer::with_capacity(json.len() + 5);
                w.byte(1);
                w.field(json.as_bytes());
            }
            Self::Threw { name, message, stack } => {
                w.byte(2);
                w.field(name.as_bytes());
                w.field(message.as_bytes());
                w.field(stack.as_bytes());
            }
            Self::Pending { pending } => {
                w.byte(3);
                w.u32(*pending);
            }
            Self::StackExhausted { stack } => {
                w.byte(4);
                w.field(stack.as_bytes());
            }
        }
        w.finish()
    }

    /// Reads what [`encode`](Self::encode) wrote.
    pub fn decode(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut r = Reader::new(message);
        let reply = match r.byte()? {
            0 => Self::Loaded,
            1 => Self::Returned(r.text()?),
            2 => Self::Threw { name: r.text()?, message: r.text()?, stack: r.text()? },
            3 => Self::Pending { pending: r.u32()? },
            4 => Self::StackExhausted { stack: r.text()? },
            _ => return Err(Malformed("unknown reply")),
        };
        r.end()?;
        Ok(reply)
    }
}

impl Operation {
    /// As the host reads it.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        match self {
            Self::Sleep { ms } => {
                w.byte(1);
                w.f64(*ms);
            }
            Self::Ending => w.byte(2),
        }
        w.finish()
    }

    /// Reads what [`encode`](Self::encode) wrote.
    pub fn decode(message: &[u8]) -> Result<Self, Malformed> {
        let mut r = Reader::new(message);
        let operation = match r.byte()? {
            1 => Self::Sleep { ms: r.f64()? },
            2 => Self::Ending,
            _ => return Err(Malformed("unknown operation")),
        };
        r.end()?;
        Ok(operation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_goes_round() {
        let load = LoadRequest {
            mode: Mode::Entry,
            name: "a.js",
            source: "1",
            libraries: vec![Library { name: "b", source: "2" }],
            modules: vec![Module { of: "b", path: "c.js", source: "3" }],
            imports: vec![Import { of: "", name: "c", target: "./c.js" }],
        };
        assert_eq!(LoadRequest::decode(&load.encode()).unwrap(), load);
        let run = RunRequest { entry: "", input: "{}", context: "null" };
        assert_eq!(RunRequest::decode(&run.encode()).unwrap(), run);
        let resume = ResumeRequest { completed: vec![Completed { id: 7, failed: true, result: b"x", rest: &[] }] };
        assert_eq!(ResumeRequest::decode(&resume.encode()).unwrap(), resume);
        let halves = ResumeRequest { completed: vec![Completed { id: 7, failed: false, result: b"x", rest: b"yz" }] }.encode();
        assert_eq!(ResumeRequest::decode(&halves).unwrap().completed[0].result, b"xyz");
        let sleep = Operation::Sleep { ms: 1.5 };
        assert_eq!(Operation::decode(&sleep.encode()).unwrap(), sleep);
        assert_eq!(Operation::decode(&Operation::Ending.encode()).unwrap(), Operation::Ending);
        for ending in [Ending::Cancelled, Ending::WallTime] {
            assert_eq!(Ending::decode(&ending.encode()).unwrap(), ending);
        }
        for reply in [
            Reply::Loaded,
            Reply::Returned("1"),
            Reply::Threw { name: "E", message: "m", stack: "" },
            Reply::Pending { pending: 2 },
            Reply::StackExhausted { stack: "s" },
        ] {
            let bytes = reply.encode();
            assert_eq!(Reply::decode(&bytes).unwrap(), reply);
            for cut in 0..bytes.len() {
                assert!(Reply::decode(&bytes[..cut]).is_err(), "{reply:?} cut at {cut}");
            }
        }
    }
}
