//! What rosterd tells of itself is what its pages say, holds nobody's name and no secret, and costs
//! no work when nobody takes it.

mod blocked;
mod daemon;
mod documented;
mod formats;
mod monitoring;
mod scrape;
mod secrets;

use std::collections::BTreeMap;

/// One line of a scrape.
#[derive(Debug, Clone)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

/// Reads the text format (version 0.0.4) as strictly as the tests need.
fn samples(text: &str) -> Vec<Sample> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(sample).collect()
}

fn sample(line: &str) -> Sample {
    let (series, value) = line.rsplit_once(' ').unwrap();
    let value = value.parse().unwrap_or_else(|_| panic!("{line}"));
    let Some((name, rest)) = series.split_once('{') else {
        return Sample { name: series.to_owned(), labels: BTreeMap::new(), value };
    };
    let mut labels = BTreeMap::new();
    let mut rest = rest.strip_suffix('}').unwrap();
    while let Some((label, after)) = rest.split_once("=\"") {
        let mut end = 0;
        let bytes = after.as_bytes();
        while bytes[end] != b'"' {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        labels.insert(label.to_owned(), after[..end].to_owned());
        rest = after[end + 1..].trim_start_matches(',');
    }
    assert!(rest.is_empty(), "{line}");
    Sample { name: name.to_owned(), labels, value }
}

#[test]
fn reads_the_text_format() {
    let found = samples("# HELP a b\na{b=\"c\\\"d\",e=\"\"} 1.5\nf 2\n");
    assert_eq!((found.len(), found[0].labels["b"].as_str(), found[0].value), (2, "c\\\"d", 1.5));
}
