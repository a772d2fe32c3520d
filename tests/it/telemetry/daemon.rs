//! The operations listener of the real daemon.

use super::{Sample, samples};
use crate::world::database::Backend;
use crate::world::roster::{PROVIDER, Roster, STAFF_VIEWS};
use crate::world::site::Site;
use crate::world::{free_port, wait_until};
use rosterd::telemetry::METRICS;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// The status and the body; nothing when nobody answers.
fn get(port: u16, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

fn value(found: &[Sample], name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let fits = |sample: &&Sample| {
        sample.name == name && labels.iter().all(|(label, value)| sample.labels.get(*label).is_some_and(|v| v == value))
    };
    found.iter().find(fits).map(|sample| sample.value)
}

#[test]
fn the_daemon_tells_of_itself() {
    let port = free_port();
    let provider = PROVIDER.replace("create_missing", "every = \"300ms\"\ncreate_missing");
    let listen = format!("[telemetry]\nlisten = \"127.0.0.1:{port}\"\n");
    let site = Site::new(Backend::Sqlite, &(listen + &provider + STAFF_VIEWS));
    Roster::of(7, "p", "staff").write(&site);
    site.run(&["db", "migrate"]).expect(0);
    let running = site.start(&["run"], &[]);
    assert!(wait_until(60, || site.tables().org_members.len() == 7), "{}", running.stderr_so_far());
    assert!(wait_until(60, || get(port, "/readyz").is_some_and(|(status, _)| status == 200)));
    assert_eq!(get(port, "/livez"), Some((200, "livez check passed\n".to_owned())));
    let (_, verbose) = get(port, "/readyz?verbose").unwrap();
    assert!(verbose.contains("[+]database ") && verbose.contains("corp"), "{verbose}");

    let unchanged = [("provider", "corp"), ("trigger", "schedule"), ("outcome", "unchanged")];
    let scrape = || samples(&get(port, "/metrics").unwrap().1);
    assert!(wait_until(60, || value(&scrape(), "rosterd_sync_runs_total", &unchanged).is_some_and(|runs| runs > 1.0)));
    let (_, text) = get(port, "/metrics").unwrap();
    let found = samples(&text);
    for metric in METRICS {
        assert!(text.contains(&format!("# TYPE {} {}\n", metric.name, metric.kind.name())), "{}", metric.name);
    }
    let corp = [("provider", "corp")];
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    for name in ["sync_last_run", "sync_last_success", "sync_next_run"] {
        let time = value(&found, &format!("rosterd_{name}_timestamp_seconds"), &corp).unwrap();
        assert!((time - now).abs() < 60.0, "{name}: {time}, now {now}");
    }
    for (name, is) in [("rosterd_leader", 1.0), ("rosterd_provider_up", 1.0), ("rosterd_held_changes", 0.0)] {
        assert_eq!(value(&found, name, &corp), Some(is), "{name}");
    }
    let heartbeat = value(&found, "rosterd_heartbeat_timestamp_seconds", &[]).unwrap();
    assert!((heartbeat - now).abs() < 60.0, "{heartbeat}, now {now}");
    assert_eq!(value(&found, "rosterd_config_last_reload_successful", &[]), Some(1.0));
    assert_eq!(value(&found, "rosterd_database_up", &[]), Some(1.0));
    let people = [("provider", "corp"), ("object", "user"), ("op", "add")];
    assert_eq!(value(&found, "rosterd_changes_total", &people), Some(7.0));
    // A scraper that hangs is not waited for at the end.
    let _hanging = TcpStream::connect(("127.0.0.1", port)).unwrap();
    running.signal("TERM");
    running.wait().expect(0);
}
