//! After a real sync and looks at people, a scrape holds every documented metric and nothing else,
//! and nobody's name.

use super::{Sample, samples};
use crate::world::ca::Ca;
use crate::world::company::Company;
use crate::world::database::Backend;
use crate::world::expected::RULES;
use crate::world::site::{Site, slapd_provider};
use crate::world::slapd::Slapd;
use rosterd::clock::SystemClock;
use rosterd::config;
use rosterd::providers::{Progress, build};
use rosterd::random::SystemRandom;
use rosterd::store::{Access, open};
use rosterd::sync::{Asked, Engine};
use rosterd::telemetry::{Configured, Kind, METRICS, Metrics, Values, begin};
use rosterd_core::snapshot::PersonKey;
use rosterd_core::writes::Trigger;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;

/// A company in a directory behind TLS, as the daemon sees it.
struct World {
    company: Company,
    slapd: Slapd,
    site: Site,
    _ca: Ca,
}

impl World {
    fn new() -> Self {
        let (company, ca) = (Company::new(60, 10, 7), Ca::new());
        let slapd = Slapd::start_with(&company.ldif(), Some((&ca, ca.server())));
        let tls = format!("tls = {{ ca_file = {:?} }}", ca.file());
        let config = slapd_provider("corp", &slapd.tls_url(), &tls) + RULES;
        let site = Site::new(Backend::Sqlite, &config);
        // Once, so that there is a database; and so that relative paths are the file's.
        site.sync(0);
        Self { company, slapd, site, _ca: ca }
    }

    async fn engine(&self) -> Engine {
        let loaded = config::load(&self.site.dir().join("rosterd.toml"), &[]).unwrap();
        let url = format!("sqlite:{}", self.site.dir().join("again.db").display());
        let store = open(&url, None, Access::Write).await.unwrap();
        store.migrate(rosterd_core::ids::Timestamp(0)).await.unwrap();
        let directory = build(&loaded.config.providers["corp"]).unwrap().unwrap();
        Engine {
            places: loaded.places,
            config: loaded.config,
            config_hash: loaded.hash,
            providers: BTreeMap::from([("corp".to_owned(), directory)]),
            store,
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            progress: Arc::new(Progress::default()),
            compiled: Default::default(),
            passes: Default::default(),
            retiring: BTreeSet::new(),
            following: false,
        }
    }
}

/// Runs `work` on one thread, where all it records comes to `metrics`.
fn recorded(work: impl Future<Output = ()>) -> String {
    let (recorder, metrics) = Metrics::apart().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        begin(&Configured { providers: &["corp"], hooks: &["okta"], signals: &["idp"] });
        runtime.block_on(work);
    });
    metrics.render()
}

/// A sync, a look, and a provider that is gone.
fn text(world: &mut World) -> String {
    let login = world.company.people[0].login.clone();
    recorded(async {
        let engine = world.engine().await;
        engine.run_once("corp", Trigger::Schedule).await.unwrap();
        engine.run_once("corp", Trigger::Schedule).await.unwrap();
        let asked = Asked::Key(PersonKey::Login(login));
        // Whether a directory can be asked for one person is the provider's; either way it is counted.
        let _ = engine.look("corp", &[asked], Trigger::Login).await;
        world.slapd.stop();
        engine.run_once("corp", Trigger::Schedule).await.unwrap_err();
    })
}

fn value(samples: &[Sample], name: &str, labels: &[(&str, &str)]) -> f64 {
    let fits = |sample: &&Sample| {
        sample.name == name && labels.iter().all(|(label, value)| sample.labels.get(*label).is_some_and(|v| v == value))
    };
    samples.iter().filter(fits).map(|sample| sample.value).sum()
}

#[test]
fn every_documented_metric_is_there_nothing_else_and_nobodys_name() {
    let mut world = World::new();
    let text = text(&mut world);
    let found = samples(&text);
    every_name_is_documented(&text, &found);
    what_happened_is_counted(&found, &world);
    w23_no_label_names_a_person_or_a_group(&found, &world.company);
}

fn every_name_is_documented(text: &str, found: &[Sample]) {
    for metric in METRICS {
        let line = format!("# TYPE {} {}\n", metric.name, metric.kind.name());
        assert_eq!(text.matches(&line).count(), 1, "{line}");
        assert!(text.contains(&format!("# HELP {} ", metric.name)), "{}", metric.name);
    }
    for sample in found {
        let metric = METRICS
            .iter()
            .find(|metric| match metric.kind {
                Kind::Histogram(_) => {
                    ["_bucket", "_sum", "_count"].iter().any(|end| sample.name == format!("{}{end}", metric.name))
                }
                Kind::Counter | Kind::Gauge => sample.name == metric.name,
            })
            .unwrap_or_else(|| panic!("nobody documented {sample:?}"));
        let labels: BTreeSet<&str> = sample.labels.keys().map(String::as_str).filter(|label| *label != "le").collect();
        assert_eq!(labels, metric.labels.iter().map(|label| label.name).collect(), "{sample:?}");
        for label in metric.labels {
            let value = sample.labels[label.name].as_str();
            let fits = match label.values {
                Values::Words(words) => words.contains(&value),
                Values::Providers => value == "corp",
                Values::Hooks => value == "okta",
                Values::Signals => value == "idp",
                Values::Described(_) => !value.is_empty(),
            };
            assert!(fits, "{sample:?}: {} is {value:?}", label.name);
        }
    }
    assert!(text.lines().all(|line| line.starts_with('#') || line.is_empty() || !line.ends_with("NaN")), "{text}");
}

fn what_happened_is_counted(found: &[Sample], world: &World) {
    let people = world.company.people.len() as f64;
    let corp = ("provider", "corp");
    assert_eq!(value(found, "rosterd_changes_total", &[corp, ("object", "user"), ("op", "add")]), people);
    assert!(value(found, "rosterd_changes_total", &[corp, ("object", "team_member"), ("op", "add")]) > 0.0);
    assert_eq!(value(found, "rosterd_provider_objects", &[corp, ("object", "people")]), people);
    assert_eq!(value(found, "rosterd_provider_complete", &[corp]), 1.0);
    assert_eq!(value(found, "rosterd_provider_up", &[corp]), 0.0, "the last reading failed");
    assert_eq!(value(found, "rosterd_drift_objects", &[corp]), 0.0);
    for stage in ["read", "observe", "plan", "apply"] {
        assert!(value(found, "rosterd_sync_duration_seconds_count", &[corp, ("stage", stage)]) > 0.0, "{stage}");
    }
    assert_eq!(value(found, "rosterd_propagation_seconds_count", &[corp]), 1.0);
    assert!(value(found, "rosterd_looks_total", &[corp]) > 0.0);
    assert!(value(found, "rosterd_provider_requests_total", &[("op", "search"), ("code", "success")]) >= 4.0);
    assert!(value(found, "rosterd_provider_requests_total", &[("op", "connect"), ("code", "unreachable")]) > 0.0);
    assert!(value(found, "rosterd_database_write_duration_seconds_count", &[]) > 0.0);
    assert_eq!(value(found, "rosterd_database_up", &[]), 1.0);
    for process in ["process_resident_memory_bytes", "process_open_fds", "process_start_time_seconds"] {
        assert!(value(found, process, &[]) > 0.0, "{process}");
    }
}

/// R54: both ends as the `openssl` command was told to set them.
#[test]
fn r54_certificates_say_when_they_end() {
    let mut world = World::new();
    let text = text(&mut world);
    let found = samples(&text);
    let server = world.slapd.tls_url().replace("ldaps://", "ldap ");
    let authority = format!("ca {}", world._ca.file().display());
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    // Its own ends in 2049, the authority's, which it shows as well, in 30 days.
    for place in [server, authority] {
        let left = value(&found, "rosterd_certificate_expiry_timestamp_seconds", &[("where", &place)]) - now;
        assert!((29.0 * 86400.0..=30.0 * 86400.0).contains(&left), "{place}: {left}");
    }
}

/// W23, also with people and groups whose names are in no rule.
fn w23_no_label_names_a_person_or_a_group(found: &[Sample], company: &Company) {
    let mut names: BTreeSet<String> = BTreeSet::new();
    for person in &company.people {
        names.extend([person.login.to_lowercase(), format!("{}@", person.login.to_lowercase())]);
    }
    names.extend(company.groups.iter().map(|group| group.name.to_lowercase()));
    assert!(names.len() > 60, "{names:?}");
    for sample in found {
        for (label, value) in &sample.labels {
            let value = value.to_lowercase();
            assert!(!names.contains(&value) && !value.contains("dc=") && !value.contains('@'), "{label} of {sample:?}");
        }
    }
}
