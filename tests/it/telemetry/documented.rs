//! `docs/metrics.md` is made from the table of metrics.

use rosterd::telemetry::{METRICS, Metric, Values};
use std::fmt::Write as _;
use std::path::Path;

const HEAD: &str = "# Metrics

<!-- Made from src/telemetry/table.rs by a test; change that and run
     UPDATE=1 cargo test --test it the_page_of_metrics -->

The daemon serves them at `/metrics` of the operations listener, in Prometheus' text format, when the
configuration says where:

```toml
[telemetry]
listen = \"127.0.0.1:7172\"
```

There is no token and no TLS on that listener: keep it where only your monitoring reaches it. No label
holds a name of a person or a group, an address of a person, or anything a sender chose; labels are
names of your configuration and words of the program. Every name below is in every scrape from the
start on. `deploy/monitoring/` has a Prometheus job, alert rules with their tests and a Grafana dashboard;
each alert has a page in `docs/runbooks/`.

Times are seconds after 1970, in UTC. Lengths are seconds.

| name | kind | labels | |
|---|---|---|---|
";

fn values(values: Values) -> String {
    match values {
        Values::Words(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        Values::Providers => "a provider's name in the configuration".to_owned(),
        Values::Hooks => "a hook's name in the configuration".to_owned(),
        Values::Signals => "a stream of security events' name in the configuration".to_owned(),
        Values::Described(text) => text.to_owned(),
    }
}

fn row(page: &mut String, metric: &Metric) {
    let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{}`", label.name)).collect();
    let (name, kind, labels) = (metric.name, metric.kind.name(), labels.join(", "));
    writeln!(page, "| `{name}` | {kind} | {labels} | {} |", metric.help).unwrap();
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    for metric in METRICS {
        row(&mut page, metric);
    }
    page.push_str("\n## Labels\n\n| label | of | what it holds |\n|---|---|---|\n");
    let mut lines: Vec<(String, Vec<&str>)> = Vec::new();
    for metric in METRICS {
        for label in metric.labels {
            let holds = format!("`{}` | OF | {}", label.name, values(label.values));
            match lines.iter_mut().find(|(there, _)| *there == holds) {
                Some((_, names)) => names.push(metric.name),
                None => lines.push((holds, vec![metric.name])),
            }
        }
    }
    lines.sort();
    for (line, names) in lines {
        let of = if names.len() > 3 { "many".to_owned() } else { format!("`{}`", names.join("`, `")) };
        writeln!(page, "| {} |", line.replace("OF", &of)).unwrap();
    }
    page
}

#[test]
fn the_page_of_metrics_is_made_from_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/metrics.md");
    let page = page();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).is_ok_and(|there| there == page),
        "docs/metrics.md is not what the table says:\n  UPDATE=1 cargo test --test it the_page_of_metrics"
    );
}
