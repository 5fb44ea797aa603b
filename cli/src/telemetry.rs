//! What long-running commands tell of themselves: a log on standard error, and spans by OTLP where the environment says so.

use std::{env, io::IsTerminal as _, thread, time::Duration};

use anyhow::{Context as _, Result, anyhow, bail};
use opentelemetry::global;
use opentelemetry_otlp::{SpanExporter, WithHttpConfig as _};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};

#[derive(clap::Args)]
pub(crate) struct LogArgs {
    /// Log as JSON, one event a line. (Spans go where OTEL_EXPORTER_OTLP_ENDPOINT or another OTEL_… variable says.)
    #[arg(long, env = "AMPOULE_LOG_JSON")]
    log_json: bool,
}

/// How long the last spans may take at the end.
const FLUSH: Duration = Duration::from_secs(5);

/// Spans that are on their way, until it is dropped.
pub(crate) struct Telemetry(Option<SdkTracerProvider>);

/// Starts the log, and spans if they are asked for.
pub(crate) fn start(args: &LogArgs, service: &'static str) -> Result<Telemetry> {
    let filter = tracing_subscriber::EnvFilter::try_from_env("AMPOULE_LOG").unwrap_or_else(|_| "info".into());
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    if args.log_json { log.json().try_init() } else { log.try_init() }.map_err(|error| anyhow!("the log does not start: {error}"))?;
    if !is_asked_for()? {
        return Ok(Telemetry(None));
    }
    let provider = provider(service).context("no spans can be sent")?;
    global::set_tracer_provider(provider.clone());
    Ok(Telemetry(Some(provider)))
}

impl Telemetry {
    /// Spans are sent.
    pub(crate) const fn is_on(&self) -> bool {
        self.0.is_some()
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(provider) = self.0.take()
            && let Err(error) = provider.shutdown_with_timeout(FLUSH)
        {
            tracing::warn!(%error, "the last spans may be lost");
        }
    }
}

fn set(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// By OpenTelemetry's own variables, which the exporter reads too: endpoint, headers, timeout, sampler, batches, resource.
fn is_asked_for() -> Result<bool> {
    if set("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Ok(false);
    }
    let wanted = match set("OTEL_TRACES_EXPORTER").as_deref() {
        Some("none") => false,
        Some("otlp") => true,
        Some(other) => bail!("OTEL_TRACES_EXPORTER must be otlp or none, not `{other}`"),
        None => ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"].into_iter().any(|name| set(name).is_some()),
    };
    let protocol = set("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL").or_else(|| set("OTEL_EXPORTER_OTLP_PROTOCOL"));
    match protocol.as_deref().filter(|protocol| wanted && *protocol != "http/protobuf") {
        Some(other) => bail!("OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf, not `{other}`"),
        None => Ok(wanted),
    }
}

fn provider(service: &'static str) -> Result<SdkTracerProvider> {
    // It blocks, on the thread that sends: and neither begins nor ends on one of the runtime's. No proxy from the environment.
    let client = thread::spawn(|| reqwest::blocking::Client::builder().no_proxy().build()).join();
    let client = client.map_err(|_| anyhow!("the HTTP client does not start"))??;
    let exporter = SpanExporter::builder().with_http().with_http_client(client).build()?;
    let resource = Resource::builder();
    let named = set("OTEL_SERVICE_NAME").is_some() || set("OTEL_RESOURCE_ATTRIBUTES").is_some_and(|all| all.contains("service.name="));
    let resource = if named { resource } else { resource.with_service_name(service) };
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build())
}
