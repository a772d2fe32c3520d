//! The log in its three formats: one line an event, whatever stands in it.

use crate::world::database::Backend;
use crate::world::roster::{PROVIDER, Roster, STAFF_VIEWS};
use crate::world::site::Site;
use crate::world::wait_until;
use rosterd::clock::SystemClock;
use rosterd::telemetry::log::{Form, Log, Queue, Sink};
use serde_json::Value;
use std::io::Write;
use std::os::unix::net::UnixDatagram;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing_subscriber::layer::SubscriberExt as _;

/// What somebody could have put into a directory, a file's name or a server's answer (W19).
const HOSTILE: &str =
    "x\n2026-01-01T00:00:00.000Z  INFO rosterd: all is well\r\nPRIORITY=0\u{1b}[2J\u{202e}\u{2028}\u{85}\"}";

#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn log(form: Form, sink: Sink) -> Queue {
    let queue = Queue::start(sink).unwrap();
    let layer = Log::new(queue.clone(), form, Arc::new(SystemClock));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        let span = tracing::info_span!("run", provider = "corp", otel.name = "hidden");
        let _in = span.enter();
        tracing::warn!(login = HOSTILE, number = 7, %HOSTILE, error = ?HOSTILE, "said: {HOSTILE}");
    });
    queue.flush(Duration::from_secs(10));
    queue
}

fn written(form: Form) -> String {
    let kept = Kept::default();
    log(form, Sink::Other(Box::new(kept.clone())));
    let bytes = kept.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

fn harmless(text: &str) {
    let harmful = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202e}');
    assert!(!text.trim_end_matches('\n').chars().any(harmful), "{text:?}");
}

#[test]
fn w19_text_is_one_line() {
    let text = written(Form::Text);
    harmless(&text);
    assert!(text.ends_with('\n') && text.contains(" WARN ") && text.contains("number=7 "), "{text}");
    assert!(text.contains("provider=\"corp\"") && !text.contains("hidden"), "{text}");
}

#[test]
fn w19_json_is_one_object() {
    let text = written(Form::Json);
    harmless(&text);
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&value["level"], &value["fields"]["number"]), (&"warn".into(), &7.into()));
    assert_eq!((&value["fields"]["provider"], &value["spans"][0]), (&"corp".into(), &"run".into()));
    assert!(value["fields"]["login"].as_str().unwrap().starts_with("x\\n2026"), "{value}");
}

#[test]
fn w19_a_journal_gets_one_datagram_with_our_fields_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let journal = UnixDatagram::bind(&path).unwrap();
    journal.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    log(Form::Journald, Sink::datagrams(&path).unwrap());
    let mut buffer = vec![0; 1 << 18];
    assert_eq!(journal.recv(&mut buffer).unwrap(), 0, "a first, empty one asks whether anybody is there");
    let length = journal.recv(&mut buffer).unwrap();
    let text = std::str::from_utf8(&buffer[..length]).unwrap();
    let fields: Vec<(&str, &str)> = text.lines().map(|line| line.split_once('=').unwrap()).collect();
    for (name, value) in &fields {
        assert!(name.chars().all(|c| c.is_ascii_uppercase() || c == '_'), "{name}");
        harmless(value);
    }
    let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "MESSAGE",
            "PRIORITY",
            "SYSLOG_IDENTIFIER",
            "TARGET",
            "SPAN",
            "ROSTERD_LOGIN",
            "ROSTERD_NUMBER",
            "ROSTERD_HOSTILE",
            "ROSTERD_ERROR",
            "ROSTERD_PROVIDER"
        ]
    );
    assert!(fields.contains(&("PRIORITY", "4")) && fields.contains(&("SYSLOG_IDENTIFIER", "rosterd")));
}

#[test]
fn a_journal_that_is_not_there_is_said_to_be_away() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Sink::datagrams(&folder.path().join("none")).is_err());
}

/// The daemon itself, by its configuration.
#[test]
fn the_daemon_logs_as_its_configuration_says() {
    let provider = PROVIDER.replace("create_missing", "every = \"100ms\"\ncreate_missing");
    let site = Site::new(Backend::Sqlite, &("[log]\nformat = \"json\"\n".to_owned() + &provider + STAFF_VIEWS));
    Roster::of(3, "p", "staff").write(&site);
    let running = site.start(&["run"], &[]);
    let said = |text: &str| wait_until(60, || running.stderr_so_far().contains(text));
    assert!(said("\"message\":\"applied\""), "{}", running.stderr_so_far());
    running.signal("TERM");
    let outcome = running.wait().expect(0);
    let lines: Vec<Value> = outcome.stderr.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let applied = lines.iter().find(|line| line["message"] == "applied").unwrap();
    assert_eq!(applied["fields"]["provider"], "corp", "{applied}");
}

#[test]
fn mistakes_in_these_sections_have_their_place() {
    let complaints = |text: &str| {
        let site = Site::new(Backend::Sqlite, &(text.to_owned() + PROVIDER + STAFF_VIEWS));
        site.run(&["check", "config"]).expect(78).stderr
    };
    assert!(complaints("[log]\nmodules = { provider = \"debug\" }\n").contains("no module `provider`"));
    assert!(complaints("[log]\nformat = \"xml\"\n").contains("format"));
    assert!(complaints("[telemetry]\nlisten = \"localhost:7172\"\n").contains("IP address with a port"));
    assert!(complaints("[telemetry]\notlp_endpoint = \"grpc://x\"\n").contains("otlp_endpoint"));
}
