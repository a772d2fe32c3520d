//! Where metrics are kept, and their text for a scrape.
//!
//! Series are never forgotten: a name that is documented is in every scrape, so that an alert on it
//! can't go silent because nothing happened. The number of series is bounded by what labels may
//! hold, see [`super::names`].

use super::metric::{Kind, Metric, Values};
use super::{METRICS, names, process};
use metrics::{Key, KeyName, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use std::fmt::Write as _;

/// What `/metrics` is sent as.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

const META: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, None);

/// The metrics of this process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Metrics(PrometheusHandle);

/// Names that the configuration gives, for series that begin at 0.
#[derive(Debug, Clone, Copy, Default)]
pub struct Configured<'a> {
    pub providers: &'a [&'a str],
    pub hooks: &'a [&'a str],
    pub signals: &'a [&'a str],
}

impl Metrics {
    /// Begins to record in this process. Without this, recording costs next to nothing and is lost.
    ///
    /// # Errors
    /// It was begun before.
    pub fn start() -> Result<Self, String> {
        let (recorder, metrics) = Self::apart()?;
        metrics::set_global_recorder(recorder).map_err(|_| "metrics are recorded already".to_owned())?;
        Ok(metrics)
    }

    /// With a recorder that nothing uses by itself: for tests, which share a process.
    ///
    /// # Errors
    /// A histogram of the table has no buckets.
    pub fn apart() -> Result<(PrometheusRecorder, Self), String> {
        let builder = METRICS.iter().try_fold(PrometheusBuilder::new(), |builder, metric| match metric.kind {
            Kind::Histogram(bounds) => builder.set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), bounds),
            Kind::Counter | Kind::Gauge => Ok(builder),
        });
        let recorder = builder.map_err(|error| error.to_string())?.build_recorder();
        describe(&recorder);
        let handle = recorder.handle();
        Ok((recorder, Self(handle)))
    }

    /// The text format, version 0.0.4. Names without a series yet are there with what they mean.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = self.0.render();
        process::write(&mut text);
        for metric in METRICS {
            if !text.contains(&format!("# TYPE {} ", metric.name)) {
                let _ = writeln!(text, "# HELP {} {}\n# TYPE {0} {}", metric.name, metric.help, metric.kind.name());
            }
        }
        text
    }

    /// Takes samples of histograms out of their buffers, which grow until somebody does. To be
    /// called every few seconds, whether or not anybody scrapes.
    pub fn upkeep(&self) {
        self.0.run_upkeep();
    }
}

fn describe(recorder: &impl Recorder) {
    for metric in METRICS {
        let name = KeyName::from_const_str(metric.name);
        match metric.kind {
            Kind::Counter => recorder.describe_counter(name, None, metric.help.into()),
            Kind::Gauge => recorder.describe_gauge(name, None, metric.help.into()),
            Kind::Histogram(_) => recorder.describe_histogram(name, None, metric.help.into()),
        }
    }
}

/// Makes the series of what the configuration names, at 0 where that is true. To be called at the
/// start and after every reload; what is there keeps its value.
pub fn begin(configured: &Configured<'_>) {
    metrics::with_recorder(|recorder| {
        for metric in METRICS.iter().filter(|metric| metric.from_zero) {
            for labels in combinations(metric, configured) {
                let key = Key::from_parts(metric.name, labels);
                match metric.kind {
                    Kind::Counter => recorder.register_counter(&key, &META).increment(0),
                    Kind::Gauge => recorder.register_gauge(&key, &META).increment(0.0),
                    // A registered histogram is rendered with all its buckets at 0.
                    Kind::Histogram(_) => drop(recorder.register_histogram(&key, &META)),
                }
            }
        }
    });
    metrics::gauge!(names::BUILD_INFO, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}

/// Every combination of what the labels may be, as far as that is known now.
fn combinations(metric: &Metric, configured: &Configured<'_>) -> Vec<Vec<Label>> {
    let mut all: Vec<Vec<Label>> = vec![Vec::new()];
    for label in metric.labels {
        let values: &[&str] = match label.values {
            Values::Words(words) => words,
            Values::Providers => configured.providers,
            Values::Hooks => configured.hooks,
            Values::Signals => configured.signals,
            Values::Described(_) => &[],
        };
        all = all
            .iter()
            .flat_map(|before| {
                values.iter().map(|value| {
                    let mut labels = before.clone();
                    labels.push(Label::new(label.name, (*value).to_owned()));
                    labels
                })
            })
            .collect();
    }
    all
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

    use super::*;
    use std::collections::BTreeSet;

    const SOME: Configured<'static> = Configured { providers: &["corp"], hooks: &["okta"], signals: &["idp"] };

    #[test]
    fn every_documented_name_is_in_every_scrape_once() {
        let (recorder, metrics) = Metrics::apart().unwrap();
        for _ in 0..2 {
            let text = metrics.render();
            for metric in METRICS {
                let line = format!("# TYPE {} {}\n", metric.name, metric.kind.name());
                assert_eq!(text.matches(&line).count(), 1, "{line}");
            }
            metrics::with_local_recorder(&recorder, || begin(&SOME));
        }
        assert!(metrics.render().contains("rosterd_changes_total{provider=\"corp\",object=\"team\",op=\"add\"} 0\n"));
    }

    #[test]
    fn beginning_again_keeps_what_was_counted() {
        let (recorder, metrics) = Metrics::apart().unwrap();
        metrics::with_local_recorder(&recorder, || {
            begin(&SOME);
            metrics::counter!(names::LOG_DROPPED).increment(3);
            metrics::gauge!(names::HELD, "provider" => "corp").set(2.0);
            begin(&SOME);
        });
        let text = metrics.render();
        assert!(text.contains("rosterd_log_dropped_total 3\n"), "{text}");
        assert!(text.contains("rosterd_held_changes{provider=\"corp\"} 2\n"), "{text}");
    }

    #[test]
    fn a_histogram_has_its_own_buckets() {
        let (recorder, metrics) = Metrics::apart().unwrap();
        metrics::with_local_recorder(&recorder, || {
            metrics::histogram!(names::LOOK_DURATION, "provider" => "corp").record(0.003);
        });
        let text = metrics.render();
        assert!(text.contains("rosterd_look_duration_seconds_bucket{provider=\"corp\",le=\"0.0025\"} 0\n"), "{text}");
        assert!(text.contains("rosterd_look_duration_seconds_bucket{provider=\"corp\",le=\"0.005\"} 1\n"), "{text}");
    }

    #[test]
    fn names_are_unique_and_follow_the_conventions() {
        let mut seen = BTreeSet::new();
        for metric in METRICS {
            assert!(seen.insert(metric.name), "{} is there twice", metric.name);
            assert!(metric.help.ends_with('.') && !metric.help.contains('\n'), "{}", metric.name);
            assert_eq!(metric.kind == Kind::Counter, metric.name.ends_with("_total"), "{}", metric.name);
            if let Kind::Histogram(bounds) = metric.kind {
                assert!(metric.name.ends_with("_seconds"), "{}", metric.name);
                assert!(!bounds.is_empty() && bounds.is_sorted(), "{}", metric.name);
            }
            let words: Vec<_> = metric.labels.iter().map(|label| label.name).collect();
            assert!(!words.contains(&"le") && !words.contains(&"quantile"), "{}", metric.name);
        }
        assert!(METRICS.iter().map(|metric| combinations(metric, &SOME).len()).max().unwrap() < 100);
    }
}
