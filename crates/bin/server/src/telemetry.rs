//! What the server tells its operators: log lines, numbers, and traces for those who want them (EDGE-9,
//! EDGE-11).
//!
//! Nothing here is ambient: levels and addresses come from the configuration. Libraries are heard from `warn`
//! on only, whatever the level, because some of them print headers and statements when asked for more.

use std::panic;

use kernel::{Error, Result};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry};

use crate::config::{Log, LogFormat, Otlp};

/// Our own crates: what they say is made for the log.
const CRATES: [&str; 10] =
    ["kernel", "store", "wire", "access", "audit", "identity", "realtime", "chat", "holdfast", "panic"];

/// Upper bounds of the time buckets, in seconds: from a cached read to a request that is about to be stopped.
const SECONDS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];

/// Log lines that wait to be taken, at most; then they are dropped and counted.
const LINES: usize = 8192;

type AnyLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// What has been set up. Dropped at the very end, so that the last traces leave.
pub struct Telemetry {
    prometheus: PrometheusHandle,
    dropped: ErrorCounter,
    /// Writes the last lines when it is dropped, unless nobody takes them.
    _writer: WorkerGuard,
    #[cfg(feature = "otlp")]
    traces: Option<opentelemetry_sdk::trace::SdkTracerProvider>,
}

impl Telemetry {
    /// Sets up log, numbers and traces for this process. Once, and before anything else is made.
    pub fn start(log: &Log, otlp: Option<&Otlp>) -> Result<Self> {
        let prometheus = recorder()?;
        #[cfg(feature = "otlp")]
        let (tracing, traces) = otlp.map(traces::layer).transpose()?.unzip();
        #[cfg(not(feature = "otlp"))]
        let tracing: Option<AnyLayer> = match otlp {
            Some(_) => {
                let why = "otlp.endpoint is set, but this build has no traces";
                return Err(Error::internal(why).message("The configuration does not fit this build."));
            }
            None => None,
        };
        // Whoever reads the log may stall; whoever is served must not wait for them.
        let (writer, guard) = NonBlockingBuilder::default()
            .lossy(true)
            .buffered_lines_limit(LINES)
            .thread_name("log-writer")
            .finish(std::io::stderr());
        let dropped = writer.error_counter();
        let layers: Vec<AnyLayer> = [log_layer(log, writer)].into_iter().chain(tracing).collect();
        tracing_subscriber::registry().with(layers).try_init().map_err(Error::internal)?;
        panic::set_hook(Box::new(|info| {
            // Where, never what: a panic's message may quote what a person wrote.
            let place = info.location().map(ToString::to_string);
            tracing::error!(target: "panic", place, "a panic");
        }));
        Ok(Self {
            prometheus,
            dropped,
            _writer: guard,
            #[cfg(feature = "otlp")]
            traces,
        })
    }

    /// The numbers, in Prometheus' text format.
    pub fn render(&self) -> String {
        self.prometheus.render()
    }

    /// Every minute, until told to stop: lets the histograms forget what has been counted into buckets, and tells how many
    /// log lines nobody took.
    pub async fn keep_up(self: std::sync::Arc<Self>, mut stop: tokio::sync::watch::Receiver<bool>) {
        let mut told = 0;
        loop {
            tokio::select! {
                () = tokio::time::sleep(std::time::Duration::from_secs(60)) => {}
                _ = stop.changed() => return,
            }
            self.prometheus.run_upkeep();
            let dropped = self.dropped.dropped_lines();
            metrics::gauge!("holdfast_log_lines_dropped").set(dropped as f64);
            if dropped > told {
                tracing::warn!(lines = dropped - told, "log lines were dropped, because nobody took them");
                told = dropped;
            }
        }
    }
}

#[cfg(feature = "otlp")]
impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.traces.as_ref().map(|traces| traces.shutdown()) {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

fn recorder() -> Result<PrometheusHandle> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .map_err(Error::internal)?
        .install_recorder()
        .map_err(Error::internal)
}

/// Which events pass.
fn filter(level: Level) -> Targets {
    Targets::new().with_default(LevelFilter::WARN).with_targets(CRATES.map(|name| (name, level)))
}

fn log_layer<W>(log: &Log, writer: W) -> AnyLayer
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(false);
    match log.format {
        LogFormat::Json => lines.json().flatten_event(true).with_filter(filter(log.level)).boxed(),
        LogFormat::Text => lines.with_filter(filter(log.level)).boxed(),
    }
}

#[cfg(feature = "otlp")]
mod traces {
    //! Spans to an OpenTelemetry collector. Without an endpoint no span is ever enabled, and a disabled span
    //! costs the comparison of one number.

    use opentelemetry::KeyValue;
    use opentelemetry::trace::TracerProvider;
    use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
    use opentelemetry_sdk::Resource;
    use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};

    use super::{AnyLayer, Error, Layer, LevelFilter, Otlp, Result, Targets};

    /// The target of spans that are made to be sent. The log does not listen to it.
    const TRACE: &str = "trace";

    pub(super) fn layer(otlp: &Otlp) -> Result<(AnyLayer, SdkTracerProvider)> {
        // The exporter's HTTP client takes the process's provider; if there is one already, it is this one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(&otlp.endpoint)
            .build()
            .map_err(Error::internal)?;
        let sampler =
            Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(f64::from(otlp.percent) / 100.0)));
        let resource =
            Resource::builder_empty().with_attributes([KeyValue::new("service.name", "holdfast")]).build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(sampler)
            .with_resource(resource)
            .build();
        let tracer = provider.tracer("holdfast");
        // What libraries put into their spans is not ours to send.
        let ours = Targets::new().with_default(LevelFilter::OFF).with_target(TRACE, tracing::Level::INFO);
        Ok((tracing_opentelemetry::layer().with_tracer(tracer).with_filter(ours).boxed(), provider))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn lines(format: LogFormat) -> String {
        let page = Page::default();
        let copy = page.clone();
        let layer = log_layer(&Log { level: Level::DEBUG, format }, move || copy.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(vec![layer]), || {
            tracing::info!(target: "chat", body = ?kernel::Secret::new("hunter2"), device = "a\r\n\x1b[31mb", "posted");
            tracing::debug!(target: "hyper::proto", "cookie: __Host-session=hunter2");
            tracing::debug!(target: "tokio_postgres", "executing statement");
            tracing::warn!(target: "hyper::proto", "heard");
        });
        let bytes = page.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    // REQ EDGE-9 (attack N8)
    #[test]
    fn lines_hold_no_secrets_and_no_forged_lines() {
        for format in [LogFormat::Json, LogFormat::Text] {
            let text = lines(format);
            assert_eq!(text.lines().count(), 2, "{text}");
            assert!(text.contains("posted") && text.contains("[secret]") && text.contains("heard"), "{text}");
            assert!(!text.contains("hunter2") && !text.contains('\x1b') && !text.contains('\r'), "{text}");
        }
        for line in lines(LogFormat::Json).lines() {
            assert!(serde_json::from_str::<serde_json::Value>(line).unwrap().is_object());
        }
    }

    // REQ EDGE-11
    #[cfg(feature = "otlp")]
    #[test]
    fn spans_reach_a_collector_and_cost_nothing_without_one() {
        use std::io::{Read, Write};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}/v1/traces", listener.local_addr().unwrap());
        let collector = std::thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let mut seen = Vec::new();
            let mut buffer = [0; 4096];
            while !String::from_utf8_lossy(&seen).contains("chat.message.post") {
                let count = socket.read(&mut buffer).unwrap();
                assert!(count > 0, "{}", String::from_utf8_lossy(&seen));
                seen.extend_from_slice(&buffer[..count]);
            }
            socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
            String::from_utf8_lossy(&seen).into_owned()
        });
        let span = || tracing::info_span!(target: "trace", "operation", id = "chat.message.post");
        let log = Log { level: Level::TRACE, format: LogFormat::Json };
        let quiet = tracing_subscriber::registry().with(vec![log_layer(&log, std::io::sink)]);
        assert!(tracing::subscriber::with_default(quiet, || span().is_disabled()));

        let (layer, provider) = traces::layer(&Otlp { endpoint, percent: 100 }).unwrap();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(vec![layer]), || {
            drop(span());
            drop(tracing::info_span!(target: "chat", "not for export", body = "hunter2"));
        });
        provider.shutdown().unwrap();
        let seen = collector.join().unwrap();
        assert!(seen.starts_with("POST /v1/traces ") && !seen.contains("hunter2"), "{seen}");
    }
}
