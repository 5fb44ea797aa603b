use serde::{Deserialize, Serialize};

use crate::ByteSize;

/// The ceilings of one run, all of them always in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Fuel, about one for each Wasm instruction that runs: so much for the load of the script, and so much for the run itself.
    pub fuel: u64,
    /// The sandbox's linear memory.
    pub memory_bytes: u64,
    /// Time from the start of the run to its end, waiting included.
    pub wall_ms: u64,
    /// The input's JSON text.
    pub input_bytes: u64,
    /// The returned value's JSON text.
    pub output_bytes: u64,
    /// Text of all log lines; what goes beyond is cut, and said so. The run goes on.
    pub log_bytes: u64,
    /// Number of log lines; what goes beyond is cut, and said so. The run goes on.
    pub log_lines: u64,
    /// Requests from the script to the host.
    pub host_calls: u64,
    /// The sources of the script, and of each library: all of its modules together, without source maps.
    pub script_bytes: u64,
}

/// The limits that a job asks for; what it leaves out gets the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct LimitsSpec {
    /// See [`Limits::fuel`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
    /// See [`Limits::memory_bytes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// See [`Limits::wall_ms`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wall_ms: Option<u64>,
    /// See [`Limits::input_bytes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_bytes: Option<u64>,
    /// See [`Limits::output_bytes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_bytes: Option<u64>,
    /// See [`Limits::log_bytes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_bytes: Option<u64>,
    /// See [`Limits::log_lines`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_lines: Option<u64>,
    /// See [`Limits::host_calls`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_calls: Option<u64>,
    /// See [`Limits::script_bytes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub script_bytes: Option<u64>,
}

/// A limit that no run can work with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("limit `{name}` is {value}, must be at least {least}")]
pub struct LimitError {
    /// The limit's field name.
    pub name: &'static str,
    /// What was asked for.
    pub value: u64,
    /// The least that works.
    pub least: u64,
}

/// A limit whose excess ends the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LimitKind {
    /// [`Limits::fuel`] is used up.
    Fuel,
    /// [`Limits::memory_bytes`] would be exceeded.
    Memory,
    /// [`Limits::wall_ms`] is over.
    WallTime,
    /// Calls or nested source went deeper than the sandbox's stack; fixed by the engine, not by the job.
    Stack,
    /// The input is larger than [`Limits::input_bytes`].
    Input,
    /// The returned value is larger than [`Limits::output_bytes`].
    Output,
    /// More than [`Limits::host_calls`].
    HostCalls,
    /// The script or a library is larger than [`Limits::script_bytes`].
    Script,
}

impl LimitKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 8] =
        [Self::Fuel, Self::Memory, Self::WallTime, Self::Stack, Self::Input, Self::Output, Self::HostCalls, Self::Script];

    /// What its numbers count.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Fuel => "fuel",
            Self::Memory | Self::Stack | Self::Input | Self::Output | Self::Script => "bytes",
            Self::WallTime => "ms",
            Self::HostCalls => "calls",
        }
    }

    /// The name on the wire and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fuel => "fuel",
            Self::Memory => "memory",
            Self::WallTime => "wall_time",
            Self::Stack => "stack",
            Self::Input => "input",
            Self::Output => "output",
            Self::HostCalls => "host_calls",
            Self::Script => "script",
        }
    }
}

impl Limits {
    /// What a job gets that asks for nothing.
    pub const DEFAULT: Self = Self {
        // About ten seconds of one core: a batch script of a few hundred thousand records ends well below.
        fuel: 10_000_000_000,
        // Holds a 5 MB JSON input with its objects; sixteen at once fit in a 1 GiB worker.
        memory_bytes: ByteSize::mib(64).0,
        // An HTTP client's usual patience.
        wall_ms: 30_000,
        input_bytes: ByteSize::mib(1).0,
        output_bytes: ByteSize::mib(1).0,
        // Ten thousand lines of a hundred characters.
        log_bytes: ByteSize::mib(1).0,
        log_lines: 10_000,
        // Every one may be a record in a journal.
        host_calls: 1_000,
        // Larger than lodash or date-fns bundled whole.
        script_bytes: ByteSize::mib(2).0,
    };

    /// What an operator allows who configures nothing: the most that a job can ask for.
    pub const CEILING: Self = Self {
        fuel: 1_000_000_000_000,
        memory_bytes: ByteSize::mib(512).0,
        wall_ms: 15 * 60 * 1000,
        input_bytes: ByteSize::mib(16).0,
        output_bytes: ByteSize::mib(16).0,
        log_bytes: ByteSize::mib(16).0,
        log_lines: 100_000,
        host_calls: 100_000,
        script_bytes: ByteSize::mib(8).0,
    };

    /// The least with which a run can start; a smaller request is an error, not a run that always fails.
    pub const FLOOR: Self = Self {
        fuel: 1,
        // The engine's own memory before any script is loaded is below this.
        memory_bytes: ByteSize::mib(16).0,
        wall_ms: 1,
        input_bytes: 4,
        output_bytes: 4,
        log_bytes: 0,
        log_lines: 0,
        host_calls: 0,
        script_bytes: 1,
    };

    fn fields(&mut self) -> [(&'static str, &mut u64); 9] {
        [
            ("fuel", &mut self.fuel),
            ("memory_bytes", &mut self.memory_bytes),
            ("wall_ms", &mut self.wall_ms),
            ("input_bytes", &mut self.input_bytes),
            ("output_bytes", &mut self.output_bytes),
            ("log_bytes", &mut self.log_bytes),
            ("log_lines", &mut self.log_lines),
            ("host_calls", &mut self.host_calls),
            ("script_bytes", &mut self.script_bytes),
        ]
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl LimitsSpec {
    /// What is asked for here, and where nothing is, what is asked for there.
    #[must_use]
    pub fn or(self, other: &Self) -> Self {
        Self {
            fuel: self.fuel.or(other.fuel),
            memory_bytes: self.memory_bytes.or(other.memory_bytes),
            wall_ms: self.wall_ms.or(other.wall_ms),
            input_bytes: self.input_bytes.or(other.input_bytes),
            output_bytes: self.output_bytes.or(other.output_bytes),
            log_bytes: self.log_bytes.or(other.log_bytes),
            log_lines: self.log_lines.or(other.log_lines),
            host_calls: self.host_calls.or(other.host_calls),
            script_bytes: self.script_bytes.or(other.script_bytes),
        }
    }

    /// The limits in force: what was asked for or else the default, never above `ceiling`.
    ///
    /// Asking for more than the ceiling is not an error: the job runs under the ceiling, and its view shows so.
    pub fn resolve(&self, ceiling: &Limits) -> Result<Limits, LimitError> {
        let asked = [
            self.fuel,
            self.memory_bytes,
            self.wall_ms,
            self.input_bytes,
            self.output_bytes,
            self.log_bytes,
            self.log_lines,
            self.host_calls,
            self.script_bytes,
        ];
        let (mut limits, mut ceiling, mut floor) = (Limits::DEFAULT, ceiling.clone(), Limits::FLOOR);
        let bounds = ceiling.fields().into_iter().zip(floor.fields());
        for (((name, limit), asked), ((_, most), (_, least))) in limits.fields().into_iter().zip(asked).zip(bounds) {
            if let Some(value) = asked {
                if value < *least {
                    return Err(LimitError { name, value, least: *least });
                }
                *limit = value;
            }
            *limit = (*limit).min(*most);
        }
        Ok(limits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_are_kept_clamped_and_refused() {
        let spec = LimitsSpec { fuel: Some(7), memory_bytes: Some(u64::MAX), ..LimitsSpec::default() };
        let limits = spec.resolve(&Limits::CEILING).unwrap();
        assert_eq!(limits, Limits { fuel: 7, memory_bytes: Limits::CEILING.memory_bytes, ..Limits::DEFAULT });

        let spec = LimitsSpec { memory_bytes: Some(1), ..LimitsSpec::default() };
        assert_eq!(spec.resolve(&Limits::CEILING).unwrap_err().name, "memory_bytes");

        let ceiling = Limits { wall_ms: 5, ..Limits::CEILING };
        assert_eq!(LimitsSpec::default().resolve(&ceiling).unwrap().wall_ms, 5);
    }

    #[test]
    fn kinds_print_as_on_the_wire() {
        for kind in LimitKind::ALL {
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{}\"", kind.as_str()));
        }
    }
}
